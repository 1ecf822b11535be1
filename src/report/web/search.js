// SPDX-License-Identifier: Apache-2.0
// search.js   What the search of ranges did: the KL after each move that it kept.

function searchChart(search) {
  const start = { evaluations: 0, kl: search.start.kl, what: 'start: every range at its min/max' };
  const end = { ...(search.steps.at(-1) ?? start), evaluations: search.evaluations, what: 'end' };
  const steps = [start, ...search.steps];
  const floor = 0.9 * d3.min(steps, (step) => Math.max(step.kl, 1e-6));
  return chart((width) => plot({
    width, height: 250, marginLeft: 56, marginBottom: 38, marginRight: 16,
    ariaLabel: 'KL over evaluations',
    x: { label: 'formats tried', labelAnchor: 'center', nice: true },
    y: { type: 'log', label: 'KL to float, nats', grid: true, ticks: 4, tickFormat: '~r', domain: [floor, 1.12 * d3.max(steps, (step) => step.kl)] },
    marks: [
      Plot.line([...steps, end], { x: 'evaluations', y: (step) => Math.max(step.kl, floor), curve: 'step-after', stroke: 'var(--integer)', strokeWidth: 1.6 }),
      Plot.dot(steps, { x: 'evaluations', y: (step) => Math.max(step.kl, floor), r: 3, fill: 'var(--integer)', className: 'moves' }),
      Plot.tip(steps, Plot.pointer({ x: 'evaluations', y: 'kl', title: (step) => `${step.what}\nKL ${small(step.kl)}` })),
    ],
  }), { minHeight: 250 });
}

function searchSection({ search }) {
  if (!search) return section('search', 'Search', 'The steps of the search are not in the model file: qmn quantize --report draws them.');
  const columns = [{ name: 'formats tried' }, { name: 'move', isText: true }, { name: 'KL' }, { name: 'accuracy' }];
  const rows = search.steps.map((step) => [whole(step.evaluations), step.what, step.kl.toFixed(5), percent(step.accuracy)]);
  const summary = `${search.method}: KL ${search.start.kl.toFixed(5)} → ${search.final.kl.toFixed(5)}, accuracy ${percent(search.start.accuracy)} → ${percent(search.final.accuracy)} on the clips that it searched, ${whole(search.evaluations)} formats tried in ${search.seconds.toFixed(1)} s.`;
  return section('search', 'Search', summary, element('figure', {}, searchChart(search)),
    element('details', {}, element('summary', {}, `${search.steps.length} moves`), element('div', { class: 'scroll' }, table(columns, rows, { id: 'moves' }))));
}
