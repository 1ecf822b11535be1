// SPDX-License-Identifier: Apache-2.0
// summary.js   Float against integer, with the interval that says whether the difference is more than chance.

function verdict({ outputs, has_labels: hasLabels, difference }) {
  if (outputs === 'values') return ['', 'The outputs are values: what counts is how near the integers come.'];
  if (!hasLabels) return ['', 'Nobody labeled these examples: accuracy is not known.'];
  if (difference.low > 0) return ['good', 'The integer net is better than the float one.'];
  if (difference.high < 0) return ['bad', 'The integer net is worse than the float one.'];
  return ['', 'These clips cannot tell integer from float: the interval of the difference includes 0.'];
}

function differenceChart({ difference }) {
  const bound = Math.max(0.5, 110 * Math.max(Math.abs(difference.low), Math.abs(difference.high)));
  return chart((width) => plot({
    width, height: 74, marginLeft: 10, marginRight: 10, marginTop: 12, marginBottom: 34,
    ariaLabel: 'Difference of accuracy with its 95 % interval',
    x: { domain: [-bound, bound], label: 'integer − float, percentage points', labelAnchor: 'center', tickFormat: '+.2~f', ticks: Math.min(9, width / 70), labelOffset: 32 },
    y: { axis: null, domain: [0, 1] },
    marks: [
      Plot.ruleX([0], { stroke: 'var(--soft)' }),
      Plot.link([difference], { x1: (d) => 100 * d.low, x2: (d) => 100 * d.high, y1: 0.5, y2: 0.5, stroke: 'var(--integer)', strokeWidth: 5, strokeOpacity: 0.35, strokeLinecap: 'round' }),
      Plot.dot([difference], { x: (d) => 100 * d.mean, y: 0.5, r: 5, fill: 'var(--integer)' }),
    ],
  }), { minHeight: 74 });
}

function tile(name, value, unit, note) {
  return element('div', { class: 'tile' }, element('div', { class: 'name' }, name),
    element('div', { class: 'value' }, value, unit ? element('span', { class: 'unit' }, ` ${unit}`) : null), note ? element('div', { class: 'note' }, note) : null);
}

function accuracyTiles(summary) {
  const interval = ({ low, high }) => `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)}`;
  return [
    tile('Integer accuracy', (100 * summary.integer.accuracy).toFixed(2), '%', `95 %: ${interval(summary.integer)}`),
    tile('Float accuracy', (100 * summary.float.accuracy).toFixed(2), '%', `95 %: ${interval(summary.float)}`),
    tile('Difference', points(summary.difference.mean), 'points', `95 %: ${points(summary.difference.low)} to ${points(summary.difference.high)}`),
  ];
}

function agreementTiles(summary) {
  return [
    tile('Same label', (100 * summary.agreement).toFixed(2), '%', 'integer and float'),
    tile('KL to float', small(summary.kl), 'nats', 'mean over the clips'),
  ];
}

function valueTiles({ float, integer, sqnr_db: sqnr, squared_distance: distance }) {
  const pair = (name, key, unit) => (key in float ? [tile(`Integer ${name}`, small(integer[key]), unit), tile(`Float ${name}`, small(float[key]), unit)] : []);
  return [tile('SQNR to float', decibels(sqnr), 'dB', 'of all outputs'), tile('Squared distance', small(distance), '', 'integer to float'), ...pair('squared error', 'squared_error', ''), ...pair('AUC', 'auc', '')];
}

function summarySection(data) {
  const { summary, device } = data;
  const areValues = summary.outputs === 'values', hasAccuracy = !areValues && summary.has_labels;
  const figures = areValues ? valueTiles(summary) : [...(hasAccuracy ? accuracyTiles(summary) : []), ...agreementTiles(summary)];
  const tiles = [
    ...figures,
    tile('Flash', whole(device.flash_bytes), 'B', 'weights, biases, tables'),
    tile('RAM', whole(device.arena_bytes), 'B', `arena; bound ${whole(device.lower_bound_bytes)}`),
    tile('MACs', whole(device.macs), '', 'an inference'),
  ];
  const copies = summary.copies > 0 ? `, each in ${summary.copies} copies shifted in time and with noise` : '';
  return section('summary', 'Summary', `${whole(summary.rows)} clips of the ${summary.split} split${copies}; the search did not see them.${hasAccuracy ? ' Intervals are 95 % bootstrap intervals that draw whole clips.' : ''}`,
    element('div', { class: 'tiles' }, ...tiles), hasAccuracy ? element('figure', {}, differenceChart(summary)) : null);
}
