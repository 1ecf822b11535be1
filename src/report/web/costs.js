// SPDX-License-Identifier: Apache-2.0
// costs.js   Flash, RAM and multiply-accumulates of each kernel.

function costBars(kernels, value, title, color) {
  const longest = Math.min(24, d3.max(kernels, (kernel) => kernel.name.length));
  return element('figure', {}, element('figcaption', {}, title), chart((width) => plot({
    width, height: 12 + 17 * kernels.length, marginLeft: 12 + Math.min(6.4 * longest, width * 0.4), marginRight: 62, marginTop: 4, marginBottom: 6,
    ariaLabel: title,
    x: { axis: null, domain: [0, Math.max(1, d3.max(kernels, value))] },
    y: { domain: kernels.map((kernel) => kernel.name), label: null, tickSize: 0, tickFormat: (text) => shortened(text, longest) },
    marks: [
      Plot.barX(kernels, { y: 'name', x: value, fill: color, insetTop: 1.5, insetBottom: 1.5, className: 'bars' }),
      Plot.text(kernels, { y: 'name', x: value, text: (kernel) => whole(value(kernel)), textAnchor: 'start', dx: 4, fill: 'var(--soft)' }),
    ],
  }), { minHeight: 12 + 17 * kernels.length }));
}

function costsSection({ kernels, device }) {
  return section('costs', 'Flash, RAM and MACs', `By kernel: constants in flash (${bytes(device.flash_bytes)} in all), bytes of the arena in use while it runs (${bytes(device.arena_bytes)} at most), multiply-accumulates (${whole(device.macs)} an inference). With the ${device.kernels} kernels, as qmn export writes them for a Cortex-M4.`,
    element('div', { class: 'columns' }, costBars(kernels, (kernel) => kernel.flash_bytes, 'Flash, bytes', 'var(--flash)'),
      costBars(kernels, (kernel) => kernel.ram_bytes, 'RAM in use, bytes', 'var(--ram)'), costBars(kernels, (kernel) => kernel.macs, 'MACs', 'var(--macs)')));
}
