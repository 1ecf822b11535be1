// SPDX-License-Identifier: Apache-2.0
// layers.js   One row a layer: formats, shifts, what is lost, what it takes.

function layersSection({ layers }) {
  const columns = [
    { name: 'layer', isText: true }, { name: 'operator', isText: true }, { name: 'output shape', isText: true },
    { name: 'input', isText: true }, { name: 'weights', isText: true }, { name: 'bias', isText: true }, { name: 'output', isText: true },
    { name: 'bias_shift' }, { name: 'out_shift' }, { name: 'SQNR dB' }, { name: 'saturating' }, { name: 'MACs' }, { name: 'weights B' },
  ];
  const text = (value) => value ?? '';
  const rows = layers.map((layer) => [
    layer.name, layer.operator, layer.shape, text(layer.input), text(layer.weights), text(layer.bias), text(layer.output), text(layer.bias_shift?.toString()),
    text(layer.out_shift?.toString()), layer.output ? decibels(layer.sqnr_db) : '', layer.saturating === null ? '' : tinyShare(layer.saturating),
    layer.macs > 0 ? whole(layer.macs) : '', layer.weight_bytes > 0 ? whole(layer.weight_bytes) : '',
  ]);
  return section('layers', 'Layers', 'SQNR compares each output of the net as it ships with the float net, errors of earlier layers included. Saturating: share of values beyond the output format.',
    element('div', { class: 'scroll' }, table(columns, rows)));
}
