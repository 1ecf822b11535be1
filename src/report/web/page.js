// SPDX-License-Identifier: Apache-2.0
// page.js   What all sections share: elements, numbers as text, charts that are drawn when they come near the screen.
// Every string of the data goes into the page as text, never as markup.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const percent = (share, digits = 2) => `${(100 * share).toFixed(digits)} %`;
const whole = (count) => Math.round(count).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
const bytes = (count) => `${whole(count)} B`;
const decibels = (value) => (value === null || value === undefined ? 'exact' : value.toFixed(1));
/// Three digits: "0.00542", "−1.38".
const small = (value) => (value < 0 ? `−${small(-value)}` : value === 0 ? '0' : value < 1e-4 ? value.toExponential(1) : value >= 1000 ? value.toFixed(0) : value.toPrecision(3));
const signed = (value, digits) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

const points = (share) => signed(100 * share, 2);

/// A share that never reads 0 when it is not: "0", "0.004 %", "2.1 %".
function tinyShare(share) {
  if (share === 0) return '0';
  const value = 100 * share;
  return `${value >= 10 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(2) : value.toPrecision(1)} %`;
}

/// The end of a name that is too long for its place.
function shortened(name, length) {
  return name.length <= length ? name : `…${name.slice(name.length - length + 1)}`;
}

/// A section with its heading and a sentence on how to read it.
function section(id, title, explanation, ...children) {
  return element('section', { id }, element('h2', {}, title), element('p', {}, explanation), ...children);
}

/// rows: arrays of cells, texts or elements. columns: {name, isText}.
function table(columns, rows, attributes = {}) {
  const cell = (tag, column, content) => element(tag, column.isText ? { class: 'text' } : {}, content);
  return element('table', attributes,
    element('thead', {}, element('tr', {}, ...columns.map((column) => cell('th', column, column.name)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((content, i) => cell('td', columns[i], content))))));
}

function keys(...entries) {
  return element('div', { class: 'keys' }, ...entries.map(([color, text]) => element('span', {}, element('i', { style: `background: ${color}` }), text)));
}

// ---- charts

const charts = [];  // {place, draw, width}: width is that of the last drawing
const kPrintWidth = 690;

/// A place for a chart. draw(width) gives the SVG; it runs when the place comes near the screen, when the width changes, and for print.
function chart(draw, { minHeight = 0, minWidth = 0 } = {}) {
  const place = element('div', { class: minWidth > 0 ? 'chart scroll' : 'chart', style: minHeight > 0 ? `min-height: ${minHeight}px` : undefined });
  charts.push({ place, width: 0, draw: (width) => draw(Math.max(width, minWidth)) });
  return place;
}

function drawChart(one, width) {
  if (width <= 0 || one.width === width) return;
  one.width = width;
  one.place.replaceChildren(one.draw(width));
  one.place.style.minHeight = '';
}

const drawVisible = (one) => drawChart(one, one.place.clientWidth);

/// The stylesheet for print sets tensors in two columns, and the figures of a row beside each other.
function printWidth(place) {
  const columns = place.closest('.tensors') ? 2 : place.closest('.columns')?.children.length ?? 1;
  return kPrintWidth / columns - (columns > 1 ? 12 : 0);
}

function watchCharts() {
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const one = charts.find((candidate) => candidate.place === entry.target);
      one.isNear = entry.isIntersecting;
      if (entry.isIntersecting) drawVisible(one);
    }
  }, { rootMargin: '900px 0px' });
  for (const one of charts) observer.observe(one.place);
  let pending = 0;
  addEventListener('resize', () => {
    clearTimeout(pending);
    pending = setTimeout(() => charts.filter((one) => one.isNear).forEach(drawVisible), 120);
  });
  addEventListener('beforeprint', () => {
    for (const one of charts) drawChart(one, printWidth(one.place));
  });
  addEventListener('afterprint', () => charts.filter((one) => one.isNear).forEach(drawVisible));
}

/// What Plot's charts have in common.
function plot(options) {
  return Plot.plot({ style: { background: 'none', overflow: 'visible' }, ...options });
}
