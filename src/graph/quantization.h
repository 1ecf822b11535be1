// SPDX-License-Identifier: Apache-2.0
// graph/quantization.h   Which values of a graph are fixed-point, and in which format. A value without a format stays float.
//
// A parameter is stored as raw = sat(floor((real + correction) · 2^frac_bits + 0.5)), the sum in float. The float parameter stays what
// training made; bias correction and adaptive rounding live in the correction.
#pragma once

#include "graph/graph.h"
#include "metadata/metadata.h"
#include "qformat/qformat.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

struct Quantization {
  std::map<ValueId, QFormat> formats{};  ///< activations (after their fused activation), weights, biases
  /// Weights whose output channels (dimension 0) differ in format, and the 32-bit biases that go with them: frac_bits of each channel.
  /// formats[id] then gives the width, and the smallest of them: the format of the widest channel. Written by set_channels.
  std::map<ValueId, std::vector<int>> channel_frac_bits{};
  /// Added to a float parameter before it is rounded, value by value.
  std::map<ValueId, std::vector<float>> corrections{};

  std::optional<QFormat> format_of(ValueId id) const {
    const auto found = formats.find(id);
    return found == formats.end() ? std::nullopt : std::optional(found->second);
  }
  bool is_per_channel(ValueId id) const { return channel_frac_bits.contains(id); }
  /// frac_bits of each channel, or one entry for a tensor with one format. Pre: the value has a format.
  std::vector<int> channels_of(ValueId id) const;

  /// "Q0.7"; of a tensor whose channels differ the widest and the finest: "Q1.6…Q-1.8". Pre: the value has a format.
  std::string format_name(ValueId id) const;

  /// One format for the whole tensor.
  void set_format(ValueId id, QFormat format);
  /// A format for each channel of a parameter; equal ones become one format for the tensor.
  void set_channels(ValueId id, int total_bits, const std::vector<int>& frac_bits);
  /// What one value has in `from`: format, channels, correction. Nothing there: nothing here.
  void take(ValueId id, const Quantization& from);

  friend bool operator==(const Quantization&, const Quantization&) = default;
};

/// The values whose entries differ, in order.
std::vector<ValueId> differing_values(const Quantization& a, const Quantization& b);

/// The float values of a parameter with its correction added: what is rounded.
std::vector<float> corrected_parameter(const Graph& graph, const Quantization& quantization, ValueId id);

/// The raw values of a parameter that has a format, row-major.
std::vector<std::int32_t> raw_parameter(const Graph& graph, const Quantization& quantization, ValueId id);

/// The correction under which `real` becomes `raw`: their sum lies on raw's grid point, within float's precision. Pre: 8 or 16 bits.
float correction_onto(float real, std::int64_t raw, QFormat format);

/// Error (data) naming the value: a format of a width that its kind cannot have, channels or corrections that do not fit the tensor, a
/// correction that is not finite.
void verify(const Graph& graph, const Quantization& quantization);

/// A model file in memory.
struct Model {
  Graph graph;
  Metadata metadata;
  std::optional<Quantization> quantization;
};

/// Whether the front end of the model makes what its input takes: it hears sound. Else it takes arrays or pictures.
bool takes_sound(const Model& model);

}  // namespace qmn
