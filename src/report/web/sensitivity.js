// SPDX-License-Identifier: Apache-2.0
// sensitivity.js   Which tensor costs how much: left out of the quantization, and alone in it.

const kFewTensors = 20;

/// measure: {value, label, title, id}; `all` gives the scale, so that the rest can be compared with the first ones.
function sensitivityBars(tensors, all, { value, label, title, id }) {
  const longest = Math.min(26, d3.max(tensors, (tensor) => tensor.name.length));
  const height = 40 + 17 * tensors.length;
  return element('figure', { class: id }, element('figcaption', {}, title), chart((width) => plot({
    width, height, marginLeft: 12 + Math.min(6.6 * longest, width * 0.42), marginRight: 12, marginTop: 4, marginBottom: 36,
    ariaLabel: title,
    x: { label, labelAnchor: 'center', grid: true, ticks: Math.max(2, Math.min(6, width / 110)), domain: d3.extent([0, ...all.map(value)]), nice: true },
    y: { domain: tensors.map((tensor) => tensor.name), label: null, tickSize: 0, tickFormat: (text) => shortened(text, longest) },
    marks: [
      Plot.ruleX([0], { stroke: 'var(--soft)' }),
      Plot.barX(tensors, { y: 'name', x: value, fill: (tensor) => `var(--${tensor.kind})`, insetTop: 1.5, insetBottom: 1.5, className: 'bars',
        title: (tensor) => `${tensor.name}, ${tensor.kind} ${tensor.format}\n${small(tensor.leave_one_out.kl)} with all but it, ${small(tensor.one_only.kl)} with it alone\nSQNR ${decibels(tensor.sqnr_db)} dB` }),
    ],
  }), { minHeight: height }));
}

function sensitivityTable(tensors, areValues) {
  const accuracy = areValues ? [] : [{ name: 'accuracy' }], measure = areValues ? 'noise' : 'KL';
  const share = (score) => (areValues ? [] : [percent(score.accuracy)]);
  const columns = [{ name: 'tensor', isText: true }, { name: 'kind', isText: true }, { name: 'format', isText: true }, { name: 'harm' }, { name: `all but it: ${measure}` }, ...accuracy, { name: `it alone: ${measure}` }, ...accuracy, { name: 'SQNR dB' }];
  const rows = tensors.map((tensor) => [tensor.name, tensor.kind, tensor.format, signed(tensor.harm, 5), tensor.leave_one_out.kl.toFixed(5), ...share(tensor.leave_one_out), tensor.one_only.kl.toFixed(5),
    ...share(tensor.one_only), decibels(tensor.sqnr_db)]);
  return element('div', { class: 'scroll' }, table(columns, rows, { id: 'sensitivity-table' }));
}

function sensitivitySection({ sensitivity, summary }) {
  const all = sensitivity.tensors, areValues = summary.outputs === 'values';
  const measures = [
    { id: 'leave-one-out', title: 'Gain if this tensor alone were float', label: areValues ? 'noise over signal that would go, thousandths' : 'KL gained, thousandths of a nat', value: (tensor) => 1000 * tensor.harm },
    { id: 'one-only', title: 'Cost if this tensor alone is quantized', label: areValues ? 'noise over signal, thousandths' : 'KL to float, thousandths of a nat', value: (tensor) => 1000 * tensor.one_only.kl },
  ];
  const pair = (tensors) => element('div', { class: 'columns' }, ...measures.map((measure) => sensitivityBars(tensors, all, measure)));
  const rest = all.slice(kFewTensors);
  return section('sensitivity', 'Sensitivity', `Hint: ${sensitivity.hint}. Measured over ${whole(sensitivity.clips)} clips; a negative gain means that the tensor's error makes up for that of others.`,
    keys(['var(--activation)', 'activation'], ['var(--weight)', 'weights'], ['var(--bias)', 'bias']), pair(all.slice(0, kFewTensors)),
    rest.length === 0 ? null : element('details', {}, element('summary', {}, `the other ${rest.length} tensors`), pair(rest)),
    element('details', {}, element('summary', {}, 'as a table'), sensitivityTable(all, areValues)));
}
