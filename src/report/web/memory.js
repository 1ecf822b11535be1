// SPDX-License-Identifier: Apache-2.0
// memory.js   The arena over time: each tensor is a rectangle, from the step that writes it to the last that reads it, at its offset.

function memoryChart(memory) {
  const longest = Math.min(15, d3.max(memory.steps, (name) => name.length)), marginBottom = 20 + 5 * longest;
  const steps = memory.steps.length;
  const color = d3.scaleOrdinal(d3.range(memory.tensors.length), ['var(--activation)', 'var(--ram)', 'var(--weight)', 'var(--bias)']);
  return chart((width) => {
    const marginLeft = 58, step = (width - marginLeft - 12) / steps;
    const letters = (tensor) => Math.floor(((tensor.end - tensor.first) * step - 8) / 6.4);
    return plot({
      width, height: 240 + marginBottom, marginLeft, marginRight: 12, marginBottom, marginTop: 18,
      ariaLabel: 'Memory map of the arena',
      x: { domain: [0, steps], ticks: d3.range(steps).map((at) => at + 0.5), tickFormat: (at) => shortened(memory.steps[Math.floor(at)] ?? '', longest), tickRotate: -50, tickSize: 0, label: null },
      y: { domain: [0, memory.arena_bytes], label: 'byte in the arena', grid: true, tickFormat: (value) => whole(value), ticks: 5 },
      marks: [
        Plot.rect(memory.tensors, { x1: 'first', x2: 'end', y1: 'offset', y2: (tensor) => tensor.offset + tensor.size_bytes, fill: (tensor, i) => color(i), fillOpacity: 0.32, stroke: (tensor, i) => color(i), inset: 0.8,
          className: 'places', title: (tensor) => `${tensor.name}\n${bytes(tensor.size_bytes)} at ${tensor.offset}\n${memory.steps[tensor.first]} to ${memory.steps[tensor.end - 1]}` }),
        Plot.text(memory.tensors.filter((tensor) => letters(tensor) >= 4 && tensor.size_bytes > memory.arena_bytes / 22), { x: (tensor) => (tensor.first + tensor.end) / 2, y: (tensor) => tensor.offset + tensor.size_bytes / 2,
          text: (tensor) => shortened(tensor.name, letters(tensor)), fill: 'currentColor' }),
        Plot.ruleY([memory.arena_bytes], { stroke: 'var(--soft)' }),
        Plot.ruleY([memory.lower_bound_bytes], { stroke: 'var(--bad)', strokeDasharray: '4,3' }),
      ],
    });
  }, { minHeight: 240 + marginBottom, minWidth: 70 + 34 * steps });
}

function placesTable({ tensors, steps }) {
  const columns = [{ name: 'tensor', isText: true }, { name: 'offset' }, { name: 'bytes' }, { name: 'from', isText: true }, { name: 'to', isText: true }];
  return element('div', { class: 'scroll' }, table(columns, tensors.map((tensor) => [tensor.name, whole(tensor.offset), whole(tensor.size_bytes), steps[tensor.first], steps[tensor.end - 1]]), { id: 'places' }));
}

function memorySection({ memory }) {
  const excess = memory.arena_bytes - memory.lower_bound_bytes;
  return section('memory', 'Memory map', `The arena takes ${bytes(memory.arena_bytes)}; no plan can take less than ${bytes(memory.lower_bound_bytes)} (dashed), ${excess === 0 ? 'which this one reaches' : `${bytes(excess)} less`}. Time runs to the right, a column for each kernel.`,
    element('figure', {}, memoryChart(memory)), element('details', {}, element('summary', {}, 'as a table'), placesTable(memory)));
}
