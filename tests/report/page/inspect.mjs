// SPDX-License-Identifier: Apache-2.0
// node inspect.mjs REPORT WIDTH: what a browser makes of the page, as one line of JSON.
import { withPage } from './browser.mjs';

const [file, width] = process.argv.slice(2);
const result = await withPage(file, { width: Number(width) }, async (page, seen) => {
  const found = await page.evaluate(() => {
    const count = (selector) => document.querySelectorAll(selector).length;
    const texts = (selector) => [...document.querySelectorAll(selector)].map((node) => node.textContent);
    return {
      title: document.title,
      heading: document.querySelector('h1')?.textContent,
      sections: [...document.querySelectorAll('main > section')].map((section) => section.id),
      links: [...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href')),
      tiles: count('#summary .tile'),
      matrixCells: count('#confusion .matrix td'),
      matrixLabels: texts('#confusion .matrix tbody th'),
      layers: texts('#layers tbody td:first-child'),
      tensors: texts('#tensors .tensor h3'),
      bars: [...document.querySelectorAll('#tensors .tensor')].map((figure) => figure.querySelectorAll('.bins rect').length),
      moves: count('#search .moves circle'),
      moveRows: count('#moves tbody tr'),
      recipeRows: count('#recipe tbody tr'),
      candidates: texts('#tensors .tensor p:last-of-type'),
      leaveOneOut: count('#sensitivity .leave-one-out .bars rect'),
      oneOnly: count('#sensitivity .one-only .bars rect'),
      sensitivityRows: count('#sensitivity-table tbody tr'),
      places: count('#memory .places rect'),
      costs: [...document.querySelectorAll('#costs figure')].map((figure) => figure.querySelectorAll('.bars rect').length),
      remarks: texts('#remarks li'),
      settings: texts('#settings-list dd'),
      markup: count('b, i:not(.keys i), img, iframe, object, embed'),
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
  });
  return { ...found, ...seen };
});
console.log(JSON.stringify(result));
