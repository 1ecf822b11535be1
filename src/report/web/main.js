// SPDX-License-Identifier: Apache-2.0
// main.js   Reads the data block and fills the page.

function fillPage(data) {
  document.title = `${data.title}: qmn report`;
  const [kind, sentence] = verdict(data.summary);
  const sections = [summarySection, confusionSection, layersSection, sensitivitySection, tensorsSection, searchSection, memorySection, costsSection, remarksSection, settingsSection].map((make) => make(data));
  const links = sections.map((one) => element('a', { href: `#${one.id}` }, one.querySelector('h2').textContent));
  document.querySelector('header').append(element('h1', {}, data.title), element('p', { class: 'lead' }, element('strong', { class: kind }, sentence), ` ${data.headline}`), element('nav', { 'aria-label': 'Sections' }, ...links));
  document.querySelector('main').append(...sections);
  document.querySelector('footer').prepend(element('p', {}, `Made by ${data.tool}. This page needs no network.`));
  watchCharts();
}

fillPage(JSON.parse(document.getElementById('report-data').textContent));
