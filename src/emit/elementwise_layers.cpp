// SPDX-License-Identifier: Apache-2.0
#include "emit/elementwise_layers.h"

#include "base/check.h"
#include "lower/accumulator_bound.h"

#include <limits>
#include <type_traits>

namespace qmn {
namespace {

/// "values + 12", or the name alone.
std::string values_from(const std::string& name, int first) { return first == 0 ? name : fmt::format("{} + {}", name, first); }

/// A table or constant as an array of its width; returns its name.
std::string write_values(LayerText& text, const std::string& wish, const std::vector<std::int16_t>& values, int bits) {
  const std::string name = text.identifiers.unique(wish);
  text.definitions.open("static const int{}_t {}[{}] = {{", bits, name, values.size());
  if (bits == 8) {
    const std::vector<std::int8_t> narrow(values.begin(), values.end());
    text.definitions.numbers(std::span<const std::int8_t>(narrow), narrow.size(), "");
  } else {
    text.definitions.numbers(std::span<const std::int16_t>(values), values.size(), "");
  }
  text.definitions.close("};");
  return name;
}

void write_clip(LayerText& text, RawRange clip) { text.definitions.line(".clip_min = {}, .clip_max = {},", clip.min, clip.max); }

template <class K>
int right_count(const LayerText& text, const K& kernel) {
  return kernel.right >= 0 ? text.program.tensor(kernel.right).value_count() : static_cast<int>(kernel.constant.values.size());
}

template <class K>
void write_call(LayerText& text, const K& kernel, const std::string& layer, const std::string& operands) {
  text.run.line("{}(&{}, {}, {});", runtime_function(text.program, Kernel{kernel}, text.plan.variant), layer, operands, text.tensor(kernel.output));
}

std::string write_copy(LayerText& text, const std::string& name, const CopyRows& rows, RawRange clip) {
  const std::string layer = text.identifiers.unique(name);
  text.definitions.open("static const qmn_copy {} = {{", layer);
  text.definitions.line(".rows = {}, .row_count = {},", rows.rows, rows.row_count);
  text.definitions.line(".in_step = {}, .out_step = {},", rows.in_step, rows.out_step);
  text.definitions.line(".left_shift = {}, .right_shift = {},", rows.left_shift, rows.right_shift);
  write_clip(text, clip);
  text.definitions.close("};");
  text.definitions.line("_Static_assert({} <= 15 && {} <= {}, \"{}: shifts within range\");", rows.left_shift, rows.right_shift, kMaxOutShift, layer);
  return layer;
}

void write_copy_call(LayerText& text, const std::string& layer, const CopyRows& rows, TensorId input, TensorId output) {
  text.run.line("{}(&{}, {}, {});", copy_function(text.program, input, output), layer, values_from(text.tensor(input), rows.in_first),
                values_from(text.tensor(output), rows.out_first));
}

}  // namespace

void write_operation_comment(LayerText& text, const std::string& name, const std::string& what, const std::vector<TensorId>& inputs, TensorId output) {
  std::string operands;
  for (TensorId id : inputs) operands += fmt::format("{}{}", operands.empty() ? "" : " and ", tensor_text(text.program.tensor(id)));
  text.definitions.line("/* {}: {}{}{} -> {} */", comment_text(name), what, operands.empty() ? "" : ", ", operands, tensor_text(text.program.tensor(output)));
}

std::string right_operand(LayerText& text, TensorId right, const ProgramConstant& constant) {
  if (right >= 0) return text.tensor(right);
  text.definitions.line("/* {} */", constant.format.name());
  return write_values(text, constant.name, constant.values, constant.format.total_bits);
}

void write_layer(LayerText& text, const AddKernel& kernel) {
  const std::int64_t largest = largest_sum(text.program, kernel);
  QMN_CHECK(largest <= std::numeric_limits<std::int32_t>::max(), "lowering proves that sums stay within int32");
  write_operation_comment(text, kernel.name, kernel.right_factor < 0 ? "subtract" : "add", inputs_of(Kernel{kernel}), kernel.output);
  const std::string right = right_operand(text, kernel.right, kernel.constant);
  const std::string layer = text.identifiers.unique(kernel.name);
  text.definitions.open("static const qmn_add {} = {{", layer);
  text.definitions.line(".count = {}, .b_count = {},", text.program.tensor(kernel.output).value_count(), right_count(text, kernel));
  text.definitions.line(".a_factor = {}, .b_factor = {},", kernel.left_factor, kernel.right_factor);
  text.definitions.line(".out_shift = {},", kernel.out_shift);
  write_clip(text, kernel.clip);
  text.definitions.close("};");
  text.definitions.line("_Static_assert({} <= {}, \"{}: shift within range\");", kernel.out_shift, kMaxOutShift, layer);
  text.definitions.line("_Static_assert(INT64_C({}) <= INT32_MAX, \"{}: the largest sum stays within int32\");", largest, layer);
  text.definitions.line();
  write_call(text, kernel, layer, fmt::format("{}, {}", text.tensor(kernel.left), right));
}

void write_layer(LayerText& text, const MulKernel& kernel) {
  write_operation_comment(text, kernel.name, "mul", inputs_of(Kernel{kernel}), kernel.output);
  const std::string right = right_operand(text, kernel.right, kernel.constant);
  const std::string layer = text.identifiers.unique(kernel.name);
  text.definitions.open("static const qmn_mul {} = {{", layer);
  text.definitions.line(".count = {}, .b_count = {},", text.program.tensor(kernel.output).value_count(), right_count(text, kernel));
  text.definitions.line(".out_shift = {},", kernel.out_shift);
  write_clip(text, kernel.clip);
  text.definitions.close("};");
  text.definitions.line("_Static_assert({} <= {}, \"{}: shift within range\");", kernel.out_shift, kMaxOutShift, layer);
  text.definitions.line();
  write_call(text, kernel, layer, fmt::format("{}, {}", text.tensor(kernel.left), right));
}

void write_layer(LayerText& text, const LookupKernel& kernel) {
  const ProgramTensor& out = text.program.tensor(kernel.output);
  write_operation_comment(text, kernel.name, curve_name(kernel.curve), {kernel.input}, kernel.output);
  text.definitions.line("/* [input + 128] = saturate(floor({}(input * 2^{}) * 2^{} + 0.5)) */", curve_name(kernel.curve),
                        -text.program.tensor(kernel.input).format.frac_bits, out.format.frac_bits);
  const std::string table = write_values(text, kernel.name + "_table", kernel.table, kernel.output_bits);
  const std::string layer = text.identifiers.unique(kernel.name);
  text.definitions.line("static const qmn_lookup_s8{} {} = {{.count = {}, .table = {}}};", kernel.output_bits == 8 ? "" : "_s16", layer, out.value_count(),
                        table);
  text.definitions.line("_Static_assert(sizeof {0} / sizeof {0}[0] == 256, \"{1}: an entry for every input\");", table, layer);
  text.definitions.line();
  write_call(text, kernel, layer, text.tensor(kernel.input));
}

void write_layer(LayerText& text, const InterpolateKernel& kernel) {
  const ProgramTensor& out = text.program.tensor(kernel.output);
  write_operation_comment(text, kernel.name, curve_name(kernel.curve), {kernel.input}, kernel.output);
  text.definitions.line("/* Q0.15 at every {}th input from {} to {} */", 1 << kernel.table.segment_shift, -kernel.table.half_span, kernel.table.half_span);
  const std::string table = write_values(text, kernel.name + "_table", kernel.table.values, 16);
  const std::string layer = text.identifiers.unique(kernel.name);
  text.definitions.open("static const qmn_interpolate {} = {{", layer);
  text.definitions.line(".count = {},", out.value_count());
  text.definitions.line(".half_span = {}, .segment_shift = {}, .out_shift = {},", kernel.table.half_span, kernel.table.segment_shift, kernel.table.out_shift);
  text.definitions.line(".clip_min = {}, .clip_max = {},", out.format.raw_min(), out.format.raw_max());
  text.definitions.line(".table = {},", table);
  text.definitions.close("};");
  text.definitions.line("_Static_assert(sizeof {0} / sizeof {0}[0] == (2 * {1} >> {2}) + 1, \"{3}: an entry for each end of a line\");", table,
                        kernel.table.half_span, kernel.table.segment_shift, layer);
  text.definitions.line("_Static_assert({} <= 14 && {} <= {}, \"{}: shifts within range\");", kernel.table.segment_shift, kernel.table.out_shift,
                        kMaxOutShift, layer);
  text.definitions.line();
  write_call(text, kernel, layer, text.tensor(kernel.input));
}

void write_layer(LayerText& text, const CopyKernel& kernel) {
  write_operation_comment(text, kernel.name, "copy", {kernel.input}, kernel.output);
  const std::string layer = write_copy(text, kernel.name, kernel.copy, kernel.clip);
  text.definitions.line();
  write_copy_call(text, layer, kernel.copy, kernel.input, kernel.output);
}

void write_layer(LayerText& text, const ConcatKernel& kernel) {
  const QFormat out = text.program.tensor(kernel.output).format;
  write_operation_comment(text, kernel.name, "concat", kernel.inputs, kernel.output);
  for (std::size_t i = 0; i < kernel.inputs.size(); ++i) {
    const std::string layer = write_copy(text, fmt::format("{}_{}", kernel.name, i), kernel.copies[i],
                                         {static_cast<std::int16_t>(out.raw_min()), static_cast<std::int16_t>(out.raw_max())});
    write_copy_call(text, layer, kernel.copies[i], kernel.inputs[i], kernel.output);
  }
  text.definitions.line();
}

void write_layer(LayerText& text, const FillKernel& kernel) {
  write_operation_comment(text, kernel.name, "fill", {}, kernel.output);
  const std::string layer = text.identifiers.unique(kernel.name);
  text.definitions.line("static const qmn_fill {} = {{.count = {}, .value = {}}};", layer, text.program.tensor(kernel.output).value_count(), kernel.value);
  text.definitions.line();
  text.run.line("{}(&{}, {});", runtime_function(text.program, Kernel{kernel}, text.plan.variant), layer, text.tensor(kernel.output));
}

}  // namespace qmn
