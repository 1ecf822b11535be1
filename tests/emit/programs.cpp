// SPDX-License-Identifier: Apache-2.0
#include "emit/programs.h"

#include "base/random.h"
#include "simulate/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

std::vector<std::uint16_t> exp_table(int frac_bits) {
  std::vector<std::uint16_t> table;
  for (int d = 0; d < 256; ++d) table.push_back(static_cast<std::uint16_t>(std::floor(32768.0 * std::exp(-d * std::ldexp(1.0, -frac_bits)) + 0.5)));
  return table;
}

/// Appends kernels to a program whose last tensor is `last`.
class ProgramBuilder {
 public:
  ProgramBuilder(std::string name, int height, int width, int channels, QFormat format, std::uint64_t seed) : random_({seed}) {
    program_.name = std::move(name);
    program_.input = add_tensor("input", height, width, channels, format);
  }

  int pick(int low, int high) { return low + static_cast<int>(random_.uniform_int(static_cast<std::uint64_t>(high - low + 1))); }
  const ProgramTensor& last() const { return program_.tensors.back(); }
  TensorId last_id() const { return static_cast<TensorId>(program_.tensors.size()) - 1; }

  TensorId add_tensor(const std::string& name, int height, int width, int channels, QFormat format) {
    program_.tensors.push_back({.name = name, .height = height, .width = width, .channels = channels, .format = format});
    return last_id();
  }

  /// Sets weights, bias, formats and shifts of a kernel that reads the last tensor; returns the format of its output.
  template <class K>
  QFormat fill_parameters(K& kernel, const std::string& name, std::size_t weight_count, std::size_t bias_count, bool has_wide_bias) {
    kernel.name = name;
    kernel.input = last_id();
    kernel.weights_name = name + "/weights:0";
    kernel.bias_name = name + "/bias:0";
    // The shift that brings a sum of random products back to about a third of int8; then an output of 3 to 6 fractional bits.
    const double terms = static_cast<double>(weight_count) / static_cast<double>(bias_count);
    const int shift = 7 + static_cast<int>(std::lround(0.5 * std::log2(terms))) + pick(-1, 1);
    const QFormat out{8, pick(3, 6)};
    kernel.weight_format = {8, shift + out.frac_bits - last().format.frac_bits};
    for (std::size_t i = 0; i < weight_count; ++i) kernel.weights.push_back(static_cast<std::int8_t>(pick(-128, 127)));
    const int accumulator_bits = accumulator_frac_bits(last().format, kernel.weight_format);
    kernel.bias.format = has_wide_bias ? QFormat{32, accumulator_bits} : QFormat{8, accumulator_bits - pick(0, 5)};
    kernel.bias.shift = bias_shift(last().format, kernel.weight_format, kernel.bias.format);
    const int limit = has_wide_bias ? 5000 : 127;
    for (std::size_t i = 0; i < bias_count; ++i) kernel.bias.values.push_back(pick(-limit - (has_wide_bias ? 0 : 1), limit));
    kernel.epilogue.out_shift = out_shift(last().format, kernel.weight_format, out);
    kernel.epilogue.clip_min = pick(0, 1) == 0 ? std::int8_t{-128} : std::int8_t{0};
    return out;
  }

  /// A window that fits the last tensor, so that each position touches the image; returns the output's height and width.
  template <class K>
  std::pair<int, int> fill_window(K& kernel) {
    int dilation_h = 1, dilation_w = 1;
    kernel.kernel_h = pick(1, std::min(4, last().height));
    kernel.kernel_w = pick(1, std::min(4, last().width));
    kernel.stride_h = pick(1, 3);
    kernel.stride_w = pick(1, 3);
    if constexpr (requires { kernel.dilation_h; }) {
      dilation_h = kernel.dilation_h = (kernel.kernel_h - 1) * 2 < last().height ? pick(1, 2) : 1;
      dilation_w = kernel.dilation_w = (kernel.kernel_w - 1) * 2 < last().width ? pick(1, 2) : 1;
    }
    const int extent_h = (kernel.kernel_h - 1) * dilation_h + 1, extent_w = (kernel.kernel_w - 1) * dilation_w + 1;
    kernel.pad_top = pick(0, extent_h - 1);
    kernel.pad_left = pick(0, extent_w - 1);
    return {(last().height + kernel.pad_top + pick(0, extent_h - 1) - extent_h) / kernel.stride_h + 1,
            (last().width + kernel.pad_left + pick(0, extent_w - 1) - extent_w) / kernel.stride_w + 1};
  }

  template <class K>
  void push(K kernel, int height, int width, int channels, QFormat format) {
    kernel.output = add_tensor(kernel.name + "_out", height, width, channels, format);
    program_.kernels.push_back(std::move(kernel));
  }

  void add_conv2d(const std::string& name, int out_channels, bool has_wide_bias) {
    Conv2dKernel kernel;
    const auto [height, width] = fill_window(kernel);
    const int count = out_channels * kernel.kernel_h * kernel.kernel_w * last().channels;
    const QFormat out = fill_parameters(kernel, name, static_cast<std::size_t>(count), static_cast<std::size_t>(out_channels), has_wide_bias);
    push(std::move(kernel), height, width, out_channels, out);
  }
  void add_depthwise_conv2d(const std::string& name, int multiplier, bool has_wide_bias) {
    DepthwiseConv2dKernel kernel;
    const auto [height, width] = fill_window(kernel);
    const int channels = last().channels * multiplier;
    const QFormat out = fill_parameters(kernel, name, static_cast<std::size_t>(channels * kernel.kernel_h * kernel.kernel_w),
                                        static_cast<std::size_t>(channels), has_wide_bias);
    push(std::move(kernel), height, width, channels, out);
  }
  void add_average_pool2d(const std::string& name) {
    AveragePool2dKernel kernel;
    const auto [height, width] = fill_window(kernel);
    kernel.name = name;
    kernel.input = last_id();
    const QFormat out{8, last().format.frac_bits + pick(-1, 2)};
    set_shifts(kernel, out);
    push(std::move(kernel), height, width, last().channels, out);
  }
  void add_requantize(const std::string& name) {
    RequantizeKernel kernel{.name = name, .input = last_id()};
    const QFormat out{8, last().format.frac_bits + pick(-2, 2)};
    set_shifts(kernel, out);
    kernel.clip_min = pick(0, 1) == 0 ? std::int8_t{-128} : std::int8_t{0};
    push(std::move(kernel), last().height, last().width, last().channels, out);
  }
  void add_fully_connected(const std::string& name, int out_count, bool has_wide_bias) {
    FullyConnectedKernel kernel;
    const QFormat out = fill_parameters(kernel, name, static_cast<std::size_t>(out_count * last().size_bytes()), static_cast<std::size_t>(out_count), has_wide_bias);
    push(std::move(kernel), 1, 1, out_count, out);
  }

  Program finish(bool has_softmax) {
    program_.logits = program_.output = last_id();
    if (has_softmax) {
      SoftmaxKernel kernel{.name = "softmax", .input = last_id(), .exp_table = exp_table(last().format.frac_bits)};
      push(std::move(kernel), last().height, last().width, last().channels, {8, 7});
      program_.output = last_id();
    }
    return std::move(program_);
  }
  Program& program() { return program_; }

 private:
  template <class K>
  void set_shifts(K& kernel, QFormat out) const {
    const int shift = requantize_shift(last().format, out);
    kernel.left_shift = std::max(-shift, 0);
    kernel.right_shift = std::max(shift, 0);
  }

  Random random_;
  Program program_;
};

}  // namespace

Program tiny_program(std::uint64_t seed) {
  ProgramBuilder builder("tiny", 5, 4, 1, {8, 5}, seed);
  builder.program().metadata.labels = {"_silence_", "\"up\"\\?", "d\xc3\xa9j\xc3\xa0"};
  builder.program().metadata.front_end = {.clip_samples = 960, .window_samples = 320, .hop_samples = 160, .coefficient_count = 4, .coefficient_shifts = {5, 3, 2, 0}};
  builder.add_conv2d("conv/1 */", 3, false);
  builder.add_depthwise_conv2d("int", 2, true);
  builder.add_average_pool2d("qmn_pool");
  builder.add_requantize("arena");
  builder.add_fully_connected("fc", 3, false);
  return builder.finish(true);
}

Program random_program(std::uint64_t seed) {
  Random random({seed, 1});
  const auto pick = [&](int low, int high) { return low + static_cast<int>(random.uniform_int(static_cast<std::uint64_t>(high - low + 1))); };
  ProgramBuilder builder("random", pick(1, 11), pick(1, 9), pick(1, 5), {8, pick(3, 7)}, seed);
  const int length = pick(2, 6);
  for (int i = 0; i < length; ++i) {
    const std::string name = fmt::format("k{}", i);
    const bool has_wide_bias = pick(0, 1) == 1;
    switch (pick(0, 4)) {
      case 0: builder.add_conv2d(name, pick(1, 7), has_wide_bias); break;
      case 1: builder.add_depthwise_conv2d(name, builder.last().channels < 8 ? pick(1, 3) : 1, has_wide_bias); break;
      case 2: builder.add_average_pool2d(name); break;
      case 3: builder.add_requantize(name); break;
      default: builder.add_fully_connected(name, pick(1, 13), has_wide_bias); break;
    }
  }
  if (pick(0, 3) != 0) builder.add_fully_connected("last", pick(2, 12), pick(0, 1) == 1);
  return builder.finish(pick(0, 3) != 0);
}

std::vector<TensorBytes> extreme_inputs(const Program& program, std::size_t count, std::uint64_t seed) {
  const QFormat format = program.tensor(program.input).format;
  const auto low = static_cast<std::int32_t>(format.raw_min()), high = static_cast<std::int32_t>(format.raw_max());
  Random random({seed, 2});
  std::vector<TensorBytes> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::int32_t> input(static_cast<std::size_t>(program.tensor(program.input).value_count()));
    for (std::size_t j = 0; j < input.size(); ++j) {
      switch (i) {
        case 0: input[j] = low; break;
        case 1: input[j] = high; break;
        case 2: input[j] = j % 2 == 0 ? high : low; break;
        case 3: input[j] = 0; break;
        default: input[j] = low + static_cast<std::int32_t>(random.uniform_int(std::uint64_t{1} << format.total_bits));
      }
    }
    inputs.push_back(tensor_bytes(input, format));
  }
  return inputs;
}

std::vector<KnownAnswer> known_answers(const Program& program, const MemoryPlan& plan, const std::vector<TensorBytes>& inputs) {
  const Simulator simulator(program, plan);
  std::vector<KnownAnswer> answers;
  for (const auto& input : inputs) {
    Simulator::Result result = simulator.run(input, 1);
    answers.push_back({.input = input, .logits = std::move(result.logits), .scores = std::move(result.scores)});
  }
  return answers;
}

}  // namespace qmn
