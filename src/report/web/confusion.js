// SPDX-License-Identifier: Apache-2.0
// confusion.js   Confusion matrices as tables: rows are the truth, columns the answer.

function matrixTable(labels, counts, describe) {
  const head = element('tr', {}, element('th', {}, ''), ...labels.map((label) => element('th', { title: label }, element('span', {}, label.replace(/^_|_$/g, '')))));
  const body = labels.map((label, row) => element('tr', {}, element('th', { scope: 'row', title: label }, label.replace(/^_|_$/g, '')),
    ...labels.map((answer, column) => {
      const { text, share, kind } = describe(counts[row][column], row, column);
      const classes = [row === column ? 'diagonal' : '', kind, share > 0.6 ? 'dark' : ''].join(' ').trim();
      return element('td', { class: classes, style: `--share: ${share.toFixed(3)}`, title: `${label} answered as ${answer}: ${counts[row][column]}` }, text);
    })));
  return element('table', { class: 'matrix' }, element('thead', {}, head), element('tbody', {}, ...body));
}

function countMatrix(labels, counts) {
  const totals = counts.map((row) => Math.max(1, d3.sum(row)));
  return matrixTable(labels, counts, (count, row) => ({ text: count === 0 ? '·' : String(count), share: count / totals[row], kind: count === 0 ? 'none' : '' }));
}

function differenceMatrix(labels, float, integer) {
  const changes = integer.map((row, i) => row.map((count, j) => count - float[i][j]));
  const largest = Math.max(1, d3.max(changes.flat(), Math.abs));
  return matrixTable(labels, changes, (change, row, column) => ({
    text: change === 0 ? '·' : change > 0 ? `+${change}` : `−${-change}`,
    share: 0.6 * Math.abs(change) / largest,
    kind: change === 0 ? 'none' : (change > 0) === (row === column) ? 'better' : 'worse',
  }));
}

function confusionSection({ confusion }) {
  if (!confusion) return section('confusion', 'Confusion matrices', 'There are none: the outputs are values, or no example has a label.');
  const { labels, float, integer } = confusion;
  const figure = (title, body) => element('figure', {}, element('figcaption', {}, title), element('div', { class: 'scroll' }, body));
  return section('confusion', 'Confusion matrices', 'Rows are the truth, columns the answer. The third shows what the integers change: green is a gain, orange a loss.',
    element('div', { class: 'columns' }, figure('Float', countMatrix(labels, float)), figure('Integer', countMatrix(labels, integer)),
      figure('Integer − float', differenceMatrix(labels, float, integer))));
}
