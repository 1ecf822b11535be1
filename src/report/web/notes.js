// SPDX-License-Identifier: Apache-2.0
// notes.js   Remarks, settings, and what the model file says.

function definitions(entries, id) {
  return element('dl', { id }, ...entries.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]));
}

function remarksSection({ remarks }) {
  const body = remarks.length === 0 ? element('p', {}, 'None.') : element('ul', {}, ...remarks.map((remark) => element('li', {}, remark)));
  return section('remarks', 'Remarks', 'What was clamped, left out, or done beyond the search.', body);
}

function settingsSection({ settings, model }) {
  return section('settings', 'Settings and model', 'How this came about.', definitions(settings, 'settings-list'),
    element('h3', { style: 'margin-top: 14px' }, 'Model file'), definitions(model.facts, 'model-list'));
}
