// SPDX-License-Identifier: Apache-2.0
// search.js   What the search of ranges did: the KL after each move that it kept.

/// The steps with evaluations that count on: a recipe descends several times, and each descent counts from 0. A run ends where the next begins.
function searchRuns(search) {
  const runs = [[{ at: 0, run: 0, kl: search.start.kl, what: 'every range at its min/max' }]];
  let offset = 0, last = 0;
  for (const step of search.steps) {
    const isRestart = step.evaluations < last;
    if (isRestart) offset += last;
    last = step.evaluations;
    if (isRestart || step.what.startsWith('start')) runs.push([]);
    runs.at(-1).push({ ...step, at: offset + step.evaluations, run: runs.length - 1 });
  }
  return runs;
}

/// The name of what a search lowers.
const measureOf = ({ summary }) => (summary.outputs === 'values' ? 'noise' : 'KL');

function searchChart(search, measure) {
  const runs = searchRuns(search), steps = runs.flat();
  const floor = 0.9 * d3.min(steps, (step) => Math.max(step.kl, 1e-6)), height = (step) => Math.max(step.kl, floor);
  return chart((width) => plot({
    width, height: 250, marginLeft: 56, marginBottom: 38, marginRight: 16,
    ariaLabel: `${measure} over evaluations`,
    x: { label: 'formats tried', labelAnchor: 'center', nice: true, ticks: Math.max(3, width / 90) },
    y: { type: 'log', label: measure === 'KL' ? 'KL to float, nats' : 'noise over signal', grid: true, ticks: 4, tickFormat: '~r', domain: [floor, 1.12 * d3.max(steps, (step) => step.kl)] },
    marks: [
      Plot.ruleX(runs.slice(1).map((run) => run[0].at), { stroke: 'var(--soft)', strokeDasharray: '2,3' }),
      Plot.ruleY([Math.max(search.final.kl, floor)], { stroke: 'var(--good)', strokeDasharray: '5,3' }),
      Plot.line(steps, { x: 'at', y: height, z: 'run', curve: 'step-after', stroke: 'var(--integer)', strokeWidth: 1.6 }),
      Plot.dot(steps, { x: 'at', y: height, r: 3, fill: 'var(--integer)', className: 'moves' }),
      Plot.tip(steps, Plot.pointer({ x: 'at', y: height, title: (step) => `${step.what}\n${measure} ${small(step.kl)}` })),
    ],
  }), { minHeight: 250 });
}

/// What the recipe did, on clips that no search saw. A KL that a step raised, or lowered by less than 1 %, was not kept.
function recipeTable({ recipe }, measure) {
  if (recipe.length === 0) return null;
  if (measure === 'noise') {
    const rows = recipe.map((step) => [step.name, decibels(step.kl > 0 ? -10 * Math.log10(step.kl) : null), step.is_kept ? 'yes' : '–', step.seconds.toFixed(1)]);
    return element('div', { class: 'scroll' }, table([{ name: 'step', isText: true }, { name: 'SQNR dB' }, { name: 'kept', isText: true }, { name: 'seconds' }], rows, { id: 'recipe' }));
  }
  const columns = [{ name: 'step', isText: true }, { name: 'KL' }, { name: 'same label' }, { name: 'loss, cautious' }, { name: 'kept', isText: true }, { name: 'seconds' }];
  const rows = recipe.map((step) => [step.name, step.kl.toFixed(5), percent(step.agreement), `${(100 * step.cautious_loss).toFixed(2)} points`, step.is_kept ? 'yes' : '–', step.seconds.toFixed(1)]);
  return element('div', { class: 'scroll' }, table(columns, rows, { id: 'recipe' }));
}

function searchSection(data) {
  const { search } = data, measure = measureOf(data), hasAccuracy = measure === 'KL';
  if (!search) return section('search', 'Search', 'The steps of the search are not in the model file: qmn quantize --report draws them.');
  const columns = [{ name: 'formats tried' }, { name: 'move', isText: true }, { name: measure }, ...(hasAccuracy ? [{ name: 'accuracy' }] : [])];
  const rows = searchRuns(search).flat().slice(1).map((step) => [whole(step.at), step.what, step.kl.toFixed(5), ...(hasAccuracy ? [percent(step.accuracy)] : [])]);
  const accuracy = hasAccuracy ? `, accuracy ${percent(search.start.accuracy)} → ${percent(search.final.accuracy)}` : '';
  const summary = `${search.method}: ${measure} ${search.start.kl.toFixed(5)} → ${search.final.kl.toFixed(5)}${accuracy} on the clips that it searched, ${whole(search.evaluations)} formats tried in ${search.seconds.toFixed(1)} s.`;
  return section('search', 'Search', summary, recipeTable(search, measure), keys(['var(--integer)', 'a move that was kept'], ['var(--good)', 'dashed: where it ended'], ['var(--soft)', 'dotted: a new start']), element('figure', {}, searchChart(search, measure)),
    element('details', {}, element('summary', {}, `${search.steps.length} moves`), element('div', { class: 'scroll' }, table(columns, rows, { id: 'moves' }))));
}
