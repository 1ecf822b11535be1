// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"
#include "emit/programs.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace qmn {
namespace {

constexpr RawRange kWide{-32768, 32767};

/// Makes tensors and kernels; kernels go where `kernels` points: the program or the body of its loop.
class RecurrentBuilder {
 public:
  RecurrentBuilder(std::uint64_t seed, bool is_tiny) : random_({seed, 7}), is_tiny_(is_tiny) { program_.name = "recurrent"; }

  Program build() {
    const int steps = is_tiny_ ? 3 : pick(1, 6), inputs = is_tiny_ ? 2 : pick(1, 5), units = is_tiny_ ? 3 : pick(1, 9);
    program_.input = tensor("input", {2 * steps, inputs, 1}, {8, 5});
    const TensorId frames = max_pool("pool", program_.input, {steps, inputs, 1}, {8, 4 + pick(0, 2)});
    const QFormat hidden{8, 7}, cell{16, 15 - pick(2, 4)};
    const TensorId h = fill("h", units, hidden, 0), c = fill("c", units, cell, static_cast<std::int16_t>(pick(-3000, 3000)));

    LoopKernel loop;
    loop.name = "scan";
    loop.step_count = steps;
    kernels_ = &loop.body;
    const TensorId x = tensor("x", {1, inputs, 1}, program_.tensor(frames).format);
    loop.inputs = {{frames, x}};
    const TensorId xh = concat("xh", {x, h}, {8, pick(4, 7)});
    const TensorId gates = fully_connected("gates", xh, 4 * units, {8, pick(3, 5)});
    const auto gate = [&](const std::string& name, int index) { return slice(name, gates, index * units, units); };
    const TensorId peep = mul_constant("peep", c, constant("peephole", {8, 6}, units), {8, 4});
    const TensorId i = curve("i", Curve::sigmoid, add("i_sum", gate("i_part", 0), peep, {8, 4}, false), hidden);
    const TensorId j = curve("j", Curve::tanh, gate("j_part", 1), hidden);
    const TensorId f = curve("f", Curve::sigmoid, gate("f_part", 2), hidden);
    const TensorId o = curve("o", Curve::sigmoid, gate("o_part", 3), {16, 15});
    const TensorId kept = mul("kept", f, c, {16, cell.frac_bits + pick(-1, 1)});
    const TensorId added = mul("added", i, j, {8, 7});
    const TensorId next_c = add("next_c", kept, added, cell, false);
    const TensorId squashed = curve("squashed", Curve::tanh, next_c, pick(0, 1) == 0 ? hidden : QFormat{16, 15});
    const TensorId next_h = mul("next_h", o, squashed, hidden);
    const TensorId outer = tensor("all_h", {steps, 1, units}, {8, 6});
    const TensorId piece = tensor("h_out", {1, 1, units}, {8, 6});
    copy("h_copy", next_h, piece, {.row_count = units, .right_shift = 1});
    loop.outputs = {{outer, piece}};
    loop.states = {{c, next_c}, {h, next_h}};
    kernels_ = &program_.kernels;
    program_.kernels.emplace_back(std::move(loop));

    const TensorId last = complement("complement", h, {8, 6});
    const TensorId mean = average_over_steps("mean", outer);
    program_.logits = program_.output = fully_connected("fc", add("sum", last, mean, {8, 5}, pick(0, 1) == 1), 3, {8, 4});
    return std::move(program_);
  }

 private:
  int pick(int low, int high) { return low + static_cast<int>(random_.uniform_int(static_cast<std::uint64_t>(high - low + 1))); }
  QFormat format(TensorId id) const { return program_.tensor(id).format; }
  int count(TensorId id) const { return program_.tensor(id).value_count(); }
  static RawRange range(QFormat format) { return format.total_bits == 8 ? RawRange{} : kWide; }

  struct Extents {
    int height, width, channels;
  };
  TensorId tensor(const std::string& name, Extents extents, QFormat tensor_format) {
    program_.tensors.push_back({name, extents.height, extents.width, extents.channels, tensor_format});
    return static_cast<TensorId>(program_.tensors.size()) - 1;
  }
  TensorId row(const std::string& name, int channels, QFormat row_format) {
    return tensor(name, {1, 1, channels}, row_format);
  }

  template <class K>
  TensorId push(K kernel) {
    const TensorId output = kernel.output;
    kernels_->emplace_back(std::move(kernel));
    return output;
  }

  ProgramConstant constant(const std::string& name, QFormat constant_format, int values) {
    ProgramConstant made{name, constant_format, {}};
    for (int i = 0; i < values; ++i) made.values.push_back(static_cast<std::int16_t>(pick(-128, 127)));
    return made;
  }

  TensorId fill(const std::string& name, int units, QFormat state, std::int16_t value) {
    return push(FillKernel{name + "_fill", row(name, units, state), value});
  }

  TensorId max_pool(const std::string& name, TensorId input, Extents extents, QFormat out) {
    MaxPool2dKernel kernel;
    const int shift = requantize_shift(format(input), out);
    kernel.name = name;
    kernel.input = input;
    kernel.kernel_h = pick(2, 3);
    kernel.stride_h = 2;
    kernel.pad_top = kernel.kernel_h - 2;
    kernel.left_shift = std::max(-shift, 0);
    kernel.right_shift = std::max(shift, 0);
    kernel.output = tensor(name + "_out", extents, out);
    return push(std::move(kernel));
  }

  TensorId concat(const std::string& name, const std::vector<TensorId>& inputs, QFormat out) {
    ConcatKernel kernel{name + "_concat", inputs, -1, {}};
    int first = 0;
    for (TensorId input : inputs) {
      const int shift = requantize_shift(format(input), out);
      kernel.copies.push_back({.row_count = count(input), .out_first = first, .left_shift = std::max(-shift, 0), .right_shift = std::max(shift, 0)});
      first += count(input);
    }
    kernel.output = row(name, first, out);
    return push(std::move(kernel));
  }

  TensorId slice(const std::string& name, TensorId input, int first, int values) {
    const TensorId output = row(name, values, format(input));
    copy(name + "_slice", input, output, {.row_count = values, .in_first = first});
    return output;
  }

  void copy(const std::string& name, TensorId input, TensorId output, CopyRows rows) {
    push(CopyKernel{name, input, output, rows, range(format(output))});
  }

  TensorId fully_connected(const std::string& name, TensorId input, int units, QFormat out) {
    FullyConnectedKernel kernel;
    kernel.name = name + "_fc";
    kernel.input = input;
    kernel.weights_name = name + "_weights";
    kernel.bias_name = name + "_bias";
    kernel.weight_format = {8, 7 + out.frac_bits - format(input).frac_bits + 1};
    kernel.bias.format = {32, accumulator_frac_bits(format(input), kernel.weight_format)};
    for (int i = 0; i < units * count(input); ++i) kernel.weights.push_back(static_cast<std::int8_t>(pick(-128, 127)));
    for (int i = 0; i < units; ++i) kernel.bias.values.push_back(pick(-3000, 3000));
    kernel.epilogue.out_shift = out_shift(format(input), kernel.weight_format, out);
    kernel.output = row(name, units, out);
    return push(std::move(kernel));
  }

  TensorId add(const std::string& name, TensorId left, TensorId right, QFormat out, bool has_relu) {
    AddKernel kernel;
    const int finest = std::max({format(left).frac_bits, format(right).frac_bits, out.frac_bits});
    kernel.name = name + "_add";
    kernel.left = left;
    kernel.right = right;
    kernel.left_factor = 1 << (finest - format(left).frac_bits);
    kernel.right_factor = 1 << (finest - format(right).frac_bits);
    kernel.out_shift = finest - out.frac_bits;
    kernel.clip = range(out);
    if (has_relu) kernel.clip.min = 0;
    kernel.output = row(name, count(left), out);
    return push(std::move(kernel));
  }

  /// -x + 1
  TensorId complement(const std::string& name, TensorId input, QFormat out) {
    AddKernel kernel;
    const QFormat one{8, 6};
    const int finest = std::max({format(input).frac_bits, one.frac_bits, out.frac_bits});
    kernel.name = name + "_sub";
    kernel.left = input;
    kernel.constant = {"one", one, {64}};
    kernel.left_factor = -(1 << (finest - format(input).frac_bits));
    kernel.right_factor = 1 << (finest - one.frac_bits);
    kernel.out_shift = finest - out.frac_bits;
    kernel.output = row(name, count(input), out);
    return push(std::move(kernel));
  }

  TensorId mul(const std::string& name, TensorId left, TensorId right, QFormat out) {
    MulKernel kernel{name + "_mul", left, right, -1, {}, accumulator_frac_bits(format(left), format(right)) - out.frac_bits, range(out)};
    kernel.output = row(name, count(left), out);
    return push(std::move(kernel));
  }

  TensorId mul_constant(const std::string& name, TensorId left, ProgramConstant right, QFormat out) {
    MulKernel kernel{name + "_mul", left, -1, -1, std::move(right), 0, range(out)};
    kernel.out_shift = accumulator_frac_bits(format(left), kernel.constant.format) - out.frac_bits;
    kernel.output = row(name, count(left), out);
    return push(std::move(kernel));
  }

  TensorId curve(const std::string& name, Curve shape, TensorId input, QFormat out) {
    const TensorId output = row(name, count(input), out);
    if (format(input).total_bits == 8) return push(LookupKernel{name + "_lookup", input, output, shape, lookup_table(shape, format(input), out), out.total_bits});
    return push(InterpolateKernel{name + "_lines", input, output, shape, *interpolation_table(shape, format(input), out)});
  }

  TensorId average_over_steps(const std::string& name, TensorId input) {
    AveragePool2dKernel kernel;
    kernel.name = name + "_pool";
    kernel.input = input;
    kernel.kernel_h = program_.tensor(input).height;
    kernel.output = row(name, program_.tensor(input).channels, format(input));
    return push(std::move(kernel));
  }

  Random random_;
  bool is_tiny_;
  Program program_;
  std::vector<Kernel>* kernels_ = &program_.kernels;
};

}  // namespace

Program recurrent_program(std::uint64_t seed, bool is_tiny) { return RecurrentBuilder(seed, is_tiny).build(); }

}  // namespace qmn
