// SPDX-License-Identifier: Apache-2.0
// quantize/legalize.cpp   Formats that no kernel could run are clamped, in order of execution, so that one pass settles all:
//   Conv, Gemm    frac(bias) <= frac(input) + frac(weight)         8-bit bias: bias_shift >= 0
//                 frac(bias)  = frac(input) + frac(weight)         32-bit bias: accumulator scale
//                 0 <= out_shift <= kMaxOutShift
//   AveragePool   2 * 128 * count * 2^left_shift + count * 2^right_shift < 2^31
//   Relu          left_shift <= 22, right_shift <= 30
//   MaxPool       as Relu;  Mul: 0 <= out_shift <= kMaxOutShift
//   Sigmoid, Tanh of 16 bits: at most 15 fractional bits, those of the table
//   Flatten       output as input;  Softmax: output Q0.7
//   Scan          what it hands from step to step, in and out, carries one format: that of the body's result
// A rule whose formats are not all known (float activations) does not apply.
#include "quantize/layers.h"
#include "quantize/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace qmn {
namespace {

constexpr int kMaxRequantizeLeftShift = 22;  // runtime/qmn_kernels.h, qmn_requantize
constexpr int kCurveFracBits = 15;           // qformat/curve.h

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

  void node(const AveragePool2d& pool) {
    const std::int64_t count = pool.kernel[0] * pool.kernel[1];
    int max_left = 0, max_right = 0;
    const auto fits = [&](int left, int right) { return 256 * count * (std::int64_t{1} << left) + count * (std::int64_t{1} << right) < (std::int64_t{1} << 31); };
    while (max_left < kMaxOutShift && fits(max_left + 1, 0)) ++max_left;
    while (max_right < kMaxOutShift && fits(0, max_right + 1)) ++max_right;
    requantized(pool.name, pool.input, pool.output, max_left, max_right);
  }

  void node(const Relu& relu) { requantized(relu.name, relu.input, relu.output, kMaxRequantizeLeftShift, kMaxOutShift); }
  void node(const MaxPool2d& pool) { requantized(pool.name, pool.input, pool.output, kMaxRequantizeLeftShift, kMaxOutShift); }

  void node(const Mul& mul) {
    const auto left = quantization_.format_of(mul.left), right = quantization_.format_of(mul.constant == kNoValue ? mul.right : mul.constant);
    const auto output = quantization_.format_of(mul.output);
    if (!left || !right || !output) return;
    const int product = accumulator_frac_bits(*left, *right), legal = std::clamp(output->frac_bits, product - kMaxOutShift, product);
    if (legal != output->frac_bits) {
      change(mul.output, legal, fmt::format("the products of {} have {} fractional bits ({} x {})", mul.name, product, left->name(), right->name()));
    }
  }

  void node(const Sigmoid& sigmoid) { curve(sigmoid.name, sigmoid.input, sigmoid.output); }
  void node(const Tanh& tanh) { curve(tanh.name, tanh.input, tanh.output); }

  void node(const Flatten& flatten) { give(flatten.output, quantization_.format_of(flatten.input)); }

  void node(const Softmax& softmax) {
    if (quantization_.format_of(softmax.output)) quantization_.formats[softmax.output] = QFormat{8, 7};
  }

  /// A rule of the body may change the format of a state's next value, and with it what the body reads: again, until it settles.
  void node(const Scan& scan) {
    for (const Scan::Input& input : scan.inputs) give(input.body_in, quantization_.format_of(input.outer));
    bool is_settled = false;
    for (int round = 0; !is_settled && round < 2 * kMaxFracBits; ++round) {
      for (const Scan::State& state : scan.states) give(state.body_in, quantization_.format_of(state.body_out));
      all(scan.body);
      is_settled = std::ranges::all_of(scan.states, [&](const Scan::State& state) {
        return quantization_.format_of(state.body_in) == quantization_.format_of(state.body_out);
      });
    }
    for (const Scan::State& state : scan.states) {
      if (state.final_out != kNoValue) give(state.final_out, quantization_.format_of(state.body_out));
    }
    for (const Scan::Output& output : scan.outputs) give(output.outer, quantization_.format_of(output.body_out));
  }

  template <class N>
  void node(const N&) {}  // any formats do

  void all(const std::vector<Node>& nodes) {
    for (const Node& next : nodes) {
      if (const auto layer = weighted_layer(next)) weighted(*layer);
      else std::visit([&](const auto& n) { node(n); }, next);
    }
  }

  std::vector<std::string> take_remarks() { return std::move(remarks_); }

 private:
  void give(ValueId id, std::optional<QFormat> format) {
    if (format) quantization_.formats[id] = *format;
    else quantization_.formats.erase(id);
  }

  void curve(const std::string& node, ValueId from, ValueId to) {
    const auto input = quantization_.format_of(from), output = quantization_.format_of(to);
    if (!input || !output || input->total_bits != 16 || output->frac_bits <= kCurveFracBits) return;
    change(to, kCurveFracBits, fmt::format("the table of {} has {} fractional bits", node, kCurveFracBits));
  }

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
  legalizer.all(prepared.nodes);
  return legalizer.take_remarks();
}

}  // namespace qmn
