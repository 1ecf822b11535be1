// SPDX-License-Identifier: Apache-2.0
#include "graph/quantization.h"

#include "base/check.h"
#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

namespace qmn {
namespace {

template <class T>
void take_entry(std::map<ValueId, T>& to, const std::map<ValueId, T>& from, ValueId id) {
  const auto found = from.find(id);
  if (found == from.end()) to.erase(id);
  else to[id] = found->second;
}

template <class T>
void add_differing(std::set<ValueId>& ids, const std::map<ValueId, T>& a, const std::map<ValueId, T>& b) {
  for (const auto& [id, entry] : a) {
    const auto other = b.find(id);
    if (other == b.end() || other->second != entry) ids.insert(id);
  }
  for (const auto& [id, entry] : b) {
    if (!a.contains(id)) ids.insert(id);
  }
}

void check_channels(const Graph& graph, const Quantization& quantization, ValueId id, const std::vector<int>& frac_bits) {
  const std::string& name = graph.value(id).name;
  if (!graph.is_initializer(id)) fail_data("the activation {} has a format for each channel: only parameters can", name);
  const auto format = quantization.format_of(id);
  if (!format) fail_data("the tensor {} has channels with formats, but no format", name);
  const Shape& shape = graph.shape(id);
  if (shape.empty() || static_cast<std::int64_t>(frac_bits.size()) != shape[0]) {
    fail_data("the tensor {} of shape {} has {} formats of channels", name, to_string(shape), frac_bits.size());
  }
  if (format->frac_bits != *std::ranges::min_element(frac_bits)) {
    fail_data("the tensor {} has the format {}, which is not that of its widest channel", name, format->name());
  }
  const int limit = format->total_bits == 32 ? 2 * kMaxFracBits : kMaxFracBits;
  for (std::size_t channel = 0; channel < frac_bits.size(); ++channel) {
    if (std::abs(frac_bits[channel]) > limit) fail_data("channel {} of the tensor {} has {} fractional bits, beyond ±{}", channel, name, frac_bits[channel], limit);
  }
}

void check_correction(const Graph& graph, const Quantization& quantization, ValueId id, const std::vector<float>& correction) {
  const std::string& name = graph.value(id).name;
  if (!graph.is_initializer(id)) fail_data("the activation {} has a correction: only parameters can", name);
  if (!quantization.formats.contains(id)) fail_data("the tensor {} has a correction, but no format that it is rounded to", name);
  const std::vector<float>& reals = graph.initializer(id).data;
  if (correction.size() != reals.size()) fail_data("the tensor {} holds {} numbers, but its correction {}", name, reals.size(), correction.size());
  for (std::size_t i = 0; i < correction.size(); ++i) {
    if (!std::isfinite(reals[i] + correction[i])) fail_data("the tensor {} with its correction holds {} at index {}", name, reals[i] + correction[i], i);
  }
}

}  // namespace

std::vector<int> Quantization::channels_of(ValueId id) const {
  const auto found = channel_frac_bits.find(id);
  return found == channel_frac_bits.end() ? std::vector{formats.at(id).frac_bits} : found->second;
}

std::string Quantization::format_name(ValueId id) const {
  const QFormat widest = formats.at(id);
  if (!is_per_channel(id)) return widest.name();
  return fmt::format("{}…{}", widest.name(), QFormat{widest.total_bits, *std::ranges::max_element(channel_frac_bits.at(id))}.name());
}

void Quantization::set_format(ValueId id, QFormat format) {
  formats[id] = format;
  channel_frac_bits.erase(id);
}

void Quantization::set_channels(ValueId id, int total_bits, const std::vector<int>& frac_bits) {
  QMN_CHECK(!frac_bits.empty(), "a parameter has channels");
  const auto [least, most] = std::ranges::minmax_element(frac_bits);
  set_format(id, {total_bits, *least});
  if (*least != *most) channel_frac_bits[id] = frac_bits;
}

void Quantization::take(ValueId id, const Quantization& from) {
  take_entry(formats, from.formats, id);
  take_entry(channel_frac_bits, from.channel_frac_bits, id);
  take_entry(corrections, from.corrections, id);
}

std::vector<ValueId> differing_values(const Quantization& a, const Quantization& b) {
  std::set<ValueId> ids;
  add_differing(ids, a.formats, b.formats);
  add_differing(ids, a.channel_frac_bits, b.channel_frac_bits);
  add_differing(ids, a.corrections, b.corrections);
  return {ids.begin(), ids.end()};
}

std::vector<float> corrected_parameter(const Graph& graph, const Quantization& quantization, ValueId id) {
  std::vector<float> reals = graph.initializer(id).data;
  if (const auto found = quantization.corrections.find(id); found != quantization.corrections.end()) {
    QMN_CHECK(found->second.size() == reals.size(), "a correction has its parameter's size");
    for (std::size_t i = 0; i < reals.size(); ++i) reals[i] += found->second[i];
  }
  return reals;
}

std::vector<std::int32_t> raw_parameter(const Graph& graph, const Quantization& quantization, ValueId id) {
  const std::vector<float> reals = corrected_parameter(graph, quantization, id);
  const std::vector<int> frac_bits = quantization.channels_of(id);
  const std::size_t channel_size = reals.size() / frac_bits.size();
  QFormat format = quantization.formats.at(id);
  std::vector<std::int32_t> raw;
  raw.reserve(reals.size());
  for (std::size_t i = 0; i < reals.size(); ++i) {
    format.frac_bits = frac_bits[i / channel_size];
    raw.push_back(static_cast<std::int32_t>(quantize(static_cast<double>(reals[i]), format)));
  }
  return raw;
}

float correction_onto(float real, std::int64_t raw, QFormat format) {
  return static_cast<float>(dequantize(raw, format) - static_cast<double>(real));
}

void verify(const Graph& graph, const Quantization& quantization) {
  for (const auto& [id, format] : quantization.formats) {
    QMN_CHECK(id >= 0 && static_cast<std::size_t>(id) < graph.values.size(), "a format belongs to a value of the graph");
    const bool is_parameter = graph.is_initializer(id);
    if (format.total_bits != 8 && format.total_bits != 16 && !(is_parameter && format.total_bits == 32)) {
      fail_data("the {} {} has {} bits: {} are possible", is_parameter ? "tensor" : "activation", graph.value(id).name, format.total_bits,
                is_parameter ? "8, 16 or 32" : "8 or 16");
    }
  }
  for (const auto& [id, frac_bits] : quantization.channel_frac_bits) check_channels(graph, quantization, id, frac_bits);
  for (const auto& [id, correction] : quantization.corrections) check_correction(graph, quantization, id, correction);
}

bool takes_sound(const Model& model) {
  return model.metadata.front_end.feature_count() == element_count(model.graph.shape(model.graph.input));
}

}  // namespace qmn
