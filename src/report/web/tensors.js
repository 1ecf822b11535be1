// SPDX-License-Identifier: Apache-2.0
// tensors.js   The distribution of each tensor, its candidate ranges and the chosen one.

/// Half the width of the range that a format spans.
const reach = (format) => 2 ** (format.total_bits - 1 - format.frac_bits);

function histogramChart(tensor) {
  const { histogram, format } = tensor;
  const bins = histogram.counts.map((count, i) => ({ x1: histogram.low + i * histogram.width, x2: histogram.low + (i + 1) * histogram.width, count })).filter((bin) => bin.count > 0);
  const limit = reach(format), isOneSided = tensor.min >= 0;
  const largest = Math.max(limit, Math.abs(tensor.min), Math.abs(tensor.max));
  const domain = isOneSided ? [-0.02 * largest, largest * 1.03] : [-largest * 1.03, largest * 1.03];
  const isOutside = (bin) => bin.x2 <= -limit || bin.x1 >= limit;
  const others = tensor.candidates.filter((candidate) => candidate.frac_bits !== format.frac_bits);
  const pixels = (width) => ((width - 52) * histogram.width) / (domain[1] - domain[0]);
  const edges = (reaches) => reaches.flatMap((edge) => (isOneSided ? [edge] : [-edge, edge])).filter((edge) => edge >= domain[0] && edge <= domain[1]);
  const most = d3.max(bins, (bin) => bin.count), decades = d3.range(Math.floor(Math.log10(most)) + 1).map((power) => 10 ** power);
  return chart((width) => plot({
    width, height: 150, marginLeft: 42, marginRight: 10, marginTop: 16, marginBottom: 24,
    ariaLabel: `Distribution of ${tensor.name}`,
    x: { domain, label: null, ticks: Math.max(3, width / 75), tickSize: 3 },
    y: { type: 'log', domain: [0.8, 1.5 * Math.max(most, 4)], label: null, ticks: decades.length > 1 ? decades.filter((_, i) => decades.length < 5 || i % 2 === 0) : [1, most], tickFormat: '~s', grid: true },
    marks: [
      Plot.rectX([{}], { x1: isOneSided ? 0 : -limit, x2: limit, fill: 'var(--chosen)', fillOpacity: 0.09, className: 'chosen' }),
      Plot.rect(bins, { x1: 'x1', x2: 'x2', y1: 0.8, y2: 'count', fill: (bin) => (isOutside(bin) ? 'var(--outside)' : 'var(--chosen)'), insetRight: pixels(width) > 3 ? 0.5 : 0, inset: pixels(width) < 1.2 ? -0.4 : 0, className: 'bins' }),
      Plot.ruleX(edges([...new Set(others.map((candidate) => reach({ ...candidate, total_bits: format.total_bits })))]), { stroke: 'var(--soft)', strokeDasharray: '3,3', className: 'candidates' }),
      Plot.ruleX(edges([limit]), { stroke: 'var(--chosen)', strokeWidth: 1.8 }),
      Plot.text([limit], { x: (edge) => edge, frameAnchor: 'top', dy: -14, text: () => format.name, fill: 'var(--chosen)', textAnchor: 'middle', fontWeight: 600 }),
      Plot.tip(bins, Plot.pointerX({ x1: 'x1', x2: 'x2', y: 'count', title: (bin) => `${small(bin.x1)} … ${small(bin.x2)}\n${whole(bin.count)} values` })),
    ],
  }), { minHeight: 150 });
}

/// "Q4.3 0 (minmax) · Q3.4 0.02 % (mse, kl) · Q2.5 0.3 %", wide ranges first, with the rules that propose them.
const rulesText = ({ rules }) => (rules.length === 0 ? '' : ` (${rules.map((rule) => rule.replace('_', ' ')).join(', ')})`);
const candidateText = (candidates) => candidates.map((candidate) => `${candidate.name} ${tinyShare(candidate.saturating)}${rulesText(candidate)}`).join(' · ');

function tensorFigure(tensor) {
  const { format } = tensor;
  const beyond = element('span', tensor.saturating > 0 ? { class: 'bad' } : {}, tensor.saturating > 0 ? `${tinyShare(tensor.saturating)} beyond it` : 'nothing beyond it');
  return element('figure', { class: 'tensor', 'data-kind': tensor.kind }, element('h3', {}, tensor.name),
    element('p', { class: 'facts' }, `${format.name}${format.total_bits === 8 ? '' : ` in ${format.total_bits} bits`}${tensor.is_per_channel ? ', finer in other channels' : ''}, `, beyond, ` · ${small(tensor.min)} to ${small(tensor.max)} · SQNR ${decibels(tensor.sqnr_db)}${tensor.sqnr_db === null ? '' : ' dB'}`),
    histogramChart(tensor), tensor.candidates.length === 0 ? null : element('p', { class: 'facts' }, `beyond: ${candidateText(tensor.candidates)}`));
}

function tensorsSection({ tensors, calibration }) {
  const figures = tensors.map(tensorFigure);
  const kinds = [['activation', 'Activations'], ['weight', 'Weights'], ['bias', 'Biases'], ['all', 'All']];
  const grid = element('div', { class: 'tensors' }, ...figures);
  const buttons = kinds.map(([kind, name]) => element('button', { type: 'button', 'data-kind': kind }, name));
  const show = (kind) => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.kind === kind));
    for (const figure of figures) figure.hidden = kind !== 'all' && figure.dataset.kind !== kind;
  };
  for (const button of buttons) button.addEventListener('click', () => show(button.dataset.kind));
  show('activation');
  addEventListener('beforeprint', () => show('all'));
  return section('tensors', 'Ranges', `How often each tensor takes which value (counts on a logarithmic scale; activations over ${whole(calibration.clips)} clips), and the range that was chosen. Below each: the candidate ranges, from the one that holds all values, with the share of values beyond them and the rules that propose them.`,
    keys(['var(--chosen)', 'inside the chosen range'], ['var(--outside)', 'beyond it: saturates'], ['var(--soft)', 'dashed: other candidates']),
    element('div', { class: 'switch' }, ...buttons), grid);
}
