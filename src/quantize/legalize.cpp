// SPDX-License-Identifier: Apache-2.0
// quantize/legalize.cpp   Formats that no kernel could run are clamped, in order of execution, so that one pass settles all:
//   Conv, Gemm    frac(bias) <= frac(input) + frac(weight)         8-bit bias: bias_shift >= 0
//                 frac(bias)  = frac(input) + frac(weight)         32-bit bias: accumulator scale
//                 0 <= out_shift <= kMaxOutShift
//     int16 input or 32-bit bias: the accumulator's bound stays within int32, else the weights get fewer fractional bits
//     a format for each channel: the bias has 32 bits, that of its channel's accumulator; the formats of channels, not the output's,
//                 give way where an out_shift would be out of range
//   AveragePool   2 * A * count * 2^left_shift + count * 2^right_shift < 2^31     A = 128 for an int8 input, 32768 for int16
//   Relu          left_shift <= 22, right_shift <= 30
//   MaxPool       as Relu;  Mul: 0 <= out_shift <= kMaxOutShift
//   Sigmoid, Tanh of 16 bits: at most 15 fractional bits, those of the table
//   Flatten       output as input;  Softmax: output Q0.7
//   Scan          what it hands from step to step, in and out, carries one format: that of the body's result
// Widths are the caller's choice, with one exception: a bias beside weights with formats for channels.
// A rule whose formats are not all known (float activations) does not apply.
#include "quantize/layers.h"
#include "quantize/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

namespace qmn {
namespace {

constexpr int kMaxRequantizeLeftShift = 22;  // runtime/qmn_kernels.h, qmn_requantize
constexpr int kCurveFracBits = 15;           // qformat/curve.h
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();

class Legalizer {
 public:
  Legalizer(const Graph& graph, Quantization& quantization) : graph_(graph), quantization_(quantization) {}

  void weighted(const WeightedLayer& layer) {
    const auto input = quantization_.format_of(layer.input), weight = quantization_.format_of(layer.weight);
    if (!input || !weight) return;
    if (quantization_.is_per_channel(layer.weight)) return channels(layer, *input);
    if (input->total_bits == 16 || bias_may_leave_int32(layer, *input)) keep_within_int32(layer, *input);
    const int frac_bits = quantization_.formats.at(layer.weight).frac_bits;
    const int accumulator = input->frac_bits + frac_bits;
    const std::string limit = fmt::format("the accumulator of {} has {} fractional bits ({} x {})", layer.name, accumulator, input->name(), QFormat{8, frac_bits}.name());
    if (layer.bias != kNoValue) {
      if (const auto bias = quantization_.format_of(layer.bias); bias && bias->total_bits == 32) {
        quantization_.set_format(layer.bias, {32, accumulator});
      } else if (bias && bias->frac_bits > accumulator) {
        change(layer.bias, accumulator, limit);
      }
    }
    if (const auto output = quantization_.format_of(layer.output)) {
      const int shift = accumulator - output->frac_bits;
      if (shift < 0) change(layer.output, accumulator, limit);
      if (shift > kMaxOutShift) change(layer.output, accumulator - kMaxOutShift, fmt::format("{}, and out_shift is at most {}", limit, kMaxOutShift));
    }
  }

  void node(const AveragePool2d& pool) {
    const std::int64_t count = pool.kernel[0] * pool.kernel[1];
    int max_left = 0, max_right = 0;
    const auto input = quantization_.format_of(pool.input);
    const std::int64_t twice = input ? -2 * input->raw_min() : 256;
    const auto fits = [&](int left, int right) { return twice * count * (std::int64_t{1} << left) + count * (std::int64_t{1} << right) < (std::int64_t{1} << 31); };
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

  /// Weights with a format for each channel. Each channel gives way by itself: a coarser output would cost all of them.
  void channels(const WeightedLayer& layer, QFormat input) {
    std::vector<int> frac_bits = quantization_.channels_of(layer.weight);
    if (const auto output = quantization_.format_of(layer.output)) {
      const int least = output->frac_bits - input.frac_bits;
      std::size_t changed = 0;
      for (int& bits : frac_bits) {
        const int legal = std::clamp(bits, least, least + kMaxOutShift);
        changed += legal != bits;
        bits = legal;
      }
      if (changed > 0) {
        remarks_.push_back(fmt::format("{}: {} channels of {} are brought to {} to {} fractional bits, because {} reads {} and writes {}", graph_.value(layer.weight).name,
                                       changed, frac_bits.size(), least, least + kMaxOutShift, layer.name, input.name(), output->name()));
      }
    }
    quantization_.set_channels(layer.weight, 8, frac_bits);
    if (input.total_bits == 16) keep_within_int32(layer, input);
    if (layer.bias == kNoValue || !quantization_.formats.contains(layer.bias)) return;
    if (quantization_.formats.at(layer.bias).total_bits != 32 && quantization_.is_per_channel(layer.weight)) {
      remarks_.push_back(fmt::format("{}: gets 32 bits, because the weights {} have a format for each channel", graph_.value(layer.bias).name, graph_.value(layer.weight).name));
      quantization_.formats[layer.bias].total_bits = 32;
    }
    if (quantization_.formats.at(layer.bias).total_bits != 32) return weighted(layer);  // the channels turned out equal
    std::vector<int> accumulators;
    for (const int bits : quantization_.channels_of(layer.weight)) accumulators.push_back(input.frac_bits + bits);
    quantization_.set_channels(layer.bias, 32, accumulators);
  }

  /// 32768 · Σ|w| + |bias| + rounding, as lower/accumulator_bound.h proves it. A bit less for the weights halves the sum.
  void keep_within_int32(const WeightedLayer& layer, QFormat input) {
    const QFormat before = quantization_.formats.at(layer.weight);
    while (largest_accumulator(layer, input) > kInt32Max && quantization_.formats.at(layer.weight).frac_bits > -kMaxFracBits) {
      std::vector<int> frac_bits = quantization_.channels_of(layer.weight);
      const int widest = *std::ranges::max_element(frac_bits);
      for (int& bits : frac_bits) bits = std::min(bits, widest - 1);
      quantization_.set_channels(layer.weight, 8, frac_bits);
    }
    if (const QFormat after = quantization_.formats.at(layer.weight); after != before) {
      const char* const why = input.total_bits == 16 ? "reads 16 bits" : "adds a large bias";
      remarks_.push_back(fmt::format("{}: {} -> {}, because {} {} and its accumulator has 32", graph_.value(layer.weight).name, before.name(), after.name(), layer.name, why));
    }
  }

  /// A bias of 32 bits has the fractional bits of the accumulator, however many these are. Cheap: whether the sum is worth proving.
  bool bias_may_leave_int32(const WeightedLayer& layer, QFormat input) const {
    const auto format = layer.bias == kNoValue ? std::nullopt : quantization_.format_of(layer.bias);
    if (!format || format->total_bits != 32) return false;
    double largest = 0;
    for (const float bias : corrected_parameter(graph_, quantization_, layer.bias)) largest = std::max(largest, std::abs(static_cast<double>(bias)));
    const double products = 128.0 * static_cast<double>(-input.raw_min()) * static_cast<double>(graph_.initializer(layer.weight).data.size()) / static_cast<double>(graph_.shape(layer.weight)[0]);
    const double rounding = std::ldexp(1.0, kMaxOutShift - 1);
    return products + std::ldexp(largest, input.frac_bits + quantization_.formats.at(layer.weight).frac_bits) + rounding > static_cast<double>(kInt32Max);
  }

  /// At most half an output unit is added before the shift: 2^29 covers every out_shift.
  std::int64_t largest_accumulator(const WeightedLayer& layer, QFormat input) const {
    const std::vector<std::int32_t> weights = raw_parameter(graph_, quantization_, layer.weight);
    const auto channel_count = static_cast<std::size_t>(graph_.shape(layer.weight)[0]), per_channel = weights.size() / channel_count;
    const std::vector<int> frac_bits = quantization_.channels_of(layer.weight);
    const bool has_bias = layer.bias != kNoValue && quantization_.formats.contains(layer.bias);
    const std::vector<float> bias = has_bias ? corrected_parameter(graph_, quantization_, layer.bias) : std::vector<float>(channel_count, 0.0f);
    const auto output = quantization_.format_of(layer.output);
    std::int64_t largest = 0;
    for (std::size_t channel = 0; channel < channel_count; ++channel) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < per_channel; ++i) sum += std::abs(weights[channel * per_channel + i]);
      const int accumulator = input.frac_bits + frac_bits[channel % frac_bits.size()];
      const int shift = output ? std::clamp(accumulator - output->frac_bits, 0, kMaxOutShift) : 0;
      const double raw_bias = std::min(std::ldexp(std::abs(static_cast<double>(bias[channel])), accumulator), 4e9);
      // An 8-bit bias is rounded before its shift: it reaches at most twice its value.
      const bool is_narrow = has_bias && quantization_.formats.at(layer.bias).total_bits == 8;
      largest = std::max(largest, -input.raw_min() * sum + static_cast<std::int64_t>(is_narrow ? 2 * raw_bias : raw_bias) + 1 + (std::int64_t{1} << shift >> 1));
    }
    return largest;
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
