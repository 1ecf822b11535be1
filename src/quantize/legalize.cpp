// SPDX-License-Identifier: Apache-2.0
// quantize/legalize.cpp   Formats that no kernel could run are clamped, in order of execution, so that one pass settles all:
//   Conv, Gemm    frac(bias) <= frac(input) + frac(weight)         8-bit bias: bias_shift >= 0
//                 frac(bias)  = frac(input) + frac(weight)         32-bit bias: accumulator scale
//                 0 <= out_shift <= kMaxOutShift
//   AveragePool   2 * 128 * count * 2^left_shift + count * 2^right_shift < 2^31
//   Relu          left_shift <= 22, right_shift <= 30
//   Flatten       output as input;  Softmax: output Q0.7
// A rule whose formats are not all known (float activations) does not apply.
#include "quantize/layers.h"
#include "quantize/quantize.h"

#include <fmt/format.h>

#include <algorithm>

namespace qmn {
namespace {

constexpr int kMaxRequantizeLeftShift = 22;  // runtime/qmn_kernels.h, qmn_requantize

class Legalizer {
 public:
  Legalizer(const Graph& graph, Quantization& quantization) : graph_(graph), quantization_(quantization) {}

  void weighted(const WeightedLayer& layer) {
    const auto input = quantization_.format_of(layer.input), weight = quantization_.format_of(layer.weight);
    if (!input || !weight) return;
    const int accumulator = accumulator_frac_bits(*input, *weight);
    const std::string limit = fmt::format("the accumulator of {} has {} fractional bits ({} x {})", layer.name, accumulator, input->name(), weight->name());
    if (layer.bias != kNoValue) {
      if (const auto bias = quantization_.format_of(layer.bias); bias && bias->total_bits == 32) {
        quantization_.formats[layer.bias].frac_bits = accumulator;
      } else if (bias && bias_shift(*input, *weight, *bias) < 0) {
        change(layer.bias, accumulator, limit);
      }
    }
    if (const auto output = quantization_.format_of(layer.output)) {
      const int shift = out_shift(*input, *weight, *output);
      if (shift < 0) change(layer.output, accumulator, limit);
      if (shift > kMaxOutShift) change(layer.output, accumulator - kMaxOutShift, fmt::format("{}, and out_shift is at most {}", limit, kMaxOutShift));
    }
  }

  void average_pool(const AveragePool2d& pool) {
    const std::int64_t count = pool.kernel[0] * pool.kernel[1];
    int max_left = 0, max_right = 0;
    const auto fits = [&](int left, int right) { return 256 * count * (std::int64_t{1} << left) + count * (std::int64_t{1} << right) < (std::int64_t{1} << 31); };
    while (max_left < kMaxOutShift && fits(max_left + 1, 0)) ++max_left;
    while (max_right < kMaxOutShift && fits(0, max_right + 1)) ++max_right;
    requantized(pool.name, pool.input, pool.output, max_left, max_right);
  }

  void relu(const Relu& relu) { requantized(relu.name, relu.input, relu.output, kMaxRequantizeLeftShift, kMaxOutShift); }

  void flatten(const Flatten& flatten) {
    if (const auto input = quantization_.format_of(flatten.input)) {
      quantization_.formats[flatten.output] = *input;
    } else {
      quantization_.formats.erase(flatten.output);
    }
  }

  void softmax(const Softmax& softmax) {
    if (quantization_.format_of(softmax.output)) quantization_.formats[softmax.output] = QFormat{8, 7};
  }

  std::vector<std::string> take_remarks() { return std::move(remarks_); }

 private:
  void requantized(const std::string& node, ValueId from, ValueId to, int max_left, int max_right) {
    const auto input = quantization_.format_of(from), output = quantization_.format_of(to);
    if (!input || !output) return;
    const int right = requantize_shift(*input, *output);
    const int legal = std::clamp(right, -max_left, max_right);
    if (legal != right) change(to, input->frac_bits - legal, fmt::format("{} reads {} and shifts by at most {} left or {} right", node, input->name(), max_left, max_right));
  }

  void change(ValueId id, int frac_bits, const std::string& reason) {
    QFormat& format = quantization_.formats[id];
    const QFormat old = format;
    format.frac_bits = frac_bits;
    remarks_.push_back(fmt::format("{}: {} -> {}, because {}", graph_.value(id).name, old.name(), format.name(), reason));
  }

  const Graph& graph_;
  Quantization& quantization_;
  std::vector<std::string> remarks_;
};

}  // namespace

std::vector<std::string> legalize(const Graph& prepared, Quantization& quantization) {
  Legalizer legalizer(prepared, quantization);
  std::size_t layer = 0;
  const std::vector<WeightedLayer> layers = weighted_layers(prepared);
  for (const Node& node : prepared.nodes) {
    if (std::holds_alternative<Conv2d>(node) || std::holds_alternative<FullyConnected>(node)) legalizer.weighted(layers[layer++]);
    if (const auto* pool = std::get_if<AveragePool2d>(&node)) legalizer.average_pool(*pool);
    if (const auto* relu = std::get_if<Relu>(&node)) legalizer.relu(*relu);
    if (const auto* flatten = std::get_if<Flatten>(&node)) legalizer.flatten(*flatten);
    if (const auto* softmax = std::get_if<Softmax>(&node)) legalizer.softmax(*softmax);
  }
  return legalizer.take_remarks();
}

}  // namespace qmn
