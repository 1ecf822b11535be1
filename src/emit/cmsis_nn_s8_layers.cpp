// SPDX-License-Identifier: Apache-2.0
// emit/cmsis_nn_s8_layers.cpp   Offsets are 0, multipliers 2^30, shifts 1 - out_shift (to the left, so nearly all are negative).
#include "emit/cmsis_nn_s8_layers.h"

#include "emit/cmsis_nn_layers.h"
#include "emit/elementwise_layers.h"
#include "emit/weights_text.h"
#include "program/cmsis_nn.h"
#include "program/dsp_layout.h"

#include <bit>

namespace qmn::s8 {
namespace {

constexpr const char* kNoContext = "&(const cmsis_nn_context){.buf = 0, .size = 0}";

std::string context(const std::string& buffer, std::int64_t bytes) { return fmt::format("&(const cmsis_nn_context){{.buf = {}, .size = {}}}", buffer, bytes); }

std::string dims(int n, int h, int w, int c) { return fmt::format("{{.n = {}, .h = {}, .w = {}, .c = {}}}", n, h, w, c); }
std::string dims(const ProgramTensor& tensor) { return dims(1, tensor.height, tensor.width, tensor.channels); }

/// Names of a layer's structs.
struct LayerNames {
  explicit LayerNames(LayerText& text, const std::string& name)
      : layer(text.identifiers.unique(name)), quantization(text.identifiers.unique(layer + "_quantization")), input(text.identifiers.unique(layer + "_input_dims")),
        filter(text.identifiers.unique(layer + "_filter_dims")), bias(text.identifiers.unique(layer + "_bias_dims")), output(text.identifiers.unique(layer + "_output_dims")) {}
  std::string layer, quantization, input, filter, bias, output;
};

void write_dims(LayerText& text, const std::string& name, const std::string& value) { text.definitions.line("static const cmsis_nn_dims {} = {};", name, value); }

void write_activation(LayerText& text, int clip_min, int clip_max) { text.definitions.line(".activation = {{.min = {}, .max = {}}},", clip_min, clip_max); }

template <class K>
void write_window(LayerText& text, const K& k) {
  text.definitions.line(".stride = {{.w = {}, .h = {}}}, .padding = {{.w = {}, .h = {}}},", k.stride_w, k.stride_h, k.pad_left, k.pad_top);
}

struct Constants {
  std::string weights, bias;
};

template <class K>
Constants write_constants(LayerText& text, const K& kernel, const std::string& layout, std::size_t group, const char* group_name) {
  const Constants names{text.identifiers.unique(kernel.weights_name), text.identifiers.unique(kernel.bias_name)};
  text.definitions.line("/* {}, {}{} */", layout, kernel.weight_format.name(), by_channel(kernel));
  write_array(text.definitions, "_Alignas(4) int8_t", names.weights, kernel.weights, group, group_name);
  std::vector<std::int32_t> biases;
  for (const std::int32_t value : kernel.bias.values) biases.push_back(value * (std::int32_t{1} << kernel.bias.shift));
  text.definitions.line("/* [{} out], at accumulator scale, {} fractional bits{} */", biases.size(), kernel.bias.format.frac_bits + kernel.bias.shift, by_channel(kernel));
  write_array(text.definitions, "int32_t", names.bias, biases, biases.size(), "");
  return names;
}

template <class K>
void write_channel_shifts(LayerText& text, const K& kernel, const LayerNames& names) {
  const std::string shifts = text.identifiers.unique(names.layer + "_shifts");
  std::vector<std::int32_t> values;
  for (std::size_t channel = 0; channel < kernel.bias.values.size(); ++channel) values.push_back(1 - kernel.epilogue.shift_of(channel));
  text.definitions.line("/* 1 - out_shift of each output channel */");
  write_array(text.definitions, "int32_t", shifts, values, values.size(), "");
  // The library reads through these pointers, though they are not const.
  text.definitions.line("static const cmsis_nn_per_channel_quant_params {} = {{.multiplier = (int32_t *){}, .shift = (int32_t *){}}};", names.quantization, kMultipliersName, shifts);
}

std::string scratch(LayerText& text, const Kernel& kernel) {
  const std::int64_t bytes = cmsis_nn_scratch_bytes(text.program, kernel, text.plan.variant);
  if (bytes == 0) return kNoContext;
  const std::int64_t offset = text.plan.scratch_offset(outputs_of(kernel).front());
  text.definitions.line("_Static_assert({} + {} <= {}_ARENA_BYTES, \"{}: its scratch lies within the arena\");", offset, bytes, text.macro, comment_text(kernel_name(kernel)));
  return context(fmt::format("arena + {}", offset), bytes);
}

template <class K>
std::string write_convolution(LayerText& text, const K& k, const std::string& extra, const std::string& filter, const std::string& layout, std::size_t group, const char* group_name,
                              const Kernel& kernel) {
  constexpr bool kIsDepthwise = std::is_same_v<K, DepthwiseConv2dKernel>;
  const char* const function = kIsDepthwise ? "arm_depthwise_conv_wrapper_s8" : "arm_convolve_wrapper_s8";
  const ProgramTensor &in = text.program.tensor(k.input), &out = text.program.tensor(k.output);
  write_weights_comment(text, k);
  const Constants constants = write_constants(text, k, layout, group, group_name);
  const LayerNames names(text, k.name);
  write_channel_shifts(text, k, names);
  text.definitions.open("static const cmsis_nn_{}conv_params {} = {{", kIsDepthwise ? "dw_" : "", names.layer);
  text.definitions.line(".input_offset = 0, .output_offset = 0,{}", extra);
  write_window(text, k);
  text.definitions.line(".dilation = {{.w = {}, .h = {}}},", k.dilation_w, k.dilation_h);
  write_activation(text, k.epilogue.clip_min, k.epilogue.clip_max);
  text.definitions.close("};");
  write_dims(text, names.input, std::is_same_v<K, Conv2dKernel> && std::holds_alternative<FullyConnectedKernel>(kernel) ? dims(1, k.kernel_h, k.kernel_w, in.channels) : dims(in));
  write_dims(text, names.filter, filter);
  write_dims(text, names.bias, dims(1, 1, 1, out.channels));
  write_dims(text, names.output, dims(1, out.height, out.width, out.channels));
  write_shift_asserts(text, k, names.layer);
  const std::string buffer = scratch(text, kernel);
  text.definitions.line();
  text.run.line("(void){}({}, &{}, &{}, &{}, {}, &{}, {}, &{}, {}, &{}, {});", function, buffer, names.layer, names.quantization, names.input, text.tensor(k.input),
                names.filter, constants.weights, names.bias, constants.bias, names.output, text.tensor(k.output));
  return fmt::format("{}_get_buffer_size(&{}, &{}, &{}, &{})", function, names.layer, names.input, names.filter, names.output);
}

std::string write_conv2d(LayerText& text, const Conv2dKernel& k, const Kernel& kernel) {
  const int in = text.program.tensor(k.input).channels, out = text.program.tensor(k.output).channels;
  return write_convolution(text, k, "", dims(out, k.kernel_h, k.kernel_w, in), fmt::format("[{} out][{}][{}][{} in]", out, k.kernel_h, k.kernel_w, in),
                           static_cast<std::size_t>(k.kernel_h * k.kernel_w * in), "out", kernel);
}

std::string write(LayerText& text, const Conv2dKernel& k) { return write_conv2d(text, k, Kernel{k}); }

std::string write(LayerText& text, const DepthwiseConv2dKernel& k) {
  const int in = text.program.tensor(k.input).channels, out = text.program.tensor(k.output).channels;
  return write_convolution(text, k, fmt::format(" .ch_mult = {},", out / in), dims(1, k.kernel_h, k.kernel_w, out),
                           fmt::format("[{}][{}][{} channels]", k.kernel_h, k.kernel_w, out), static_cast<std::size_t>(out), "tap", Kernel{k});
}

/// One shift for all; where channels have their own, the convolution that it is.
std::string write(LayerText& text, const FullyConnectedKernel& k) {
  if (k.epilogue.is_per_channel()) return write_conv2d(text, as_convolution(text.program, k), Kernel{k});
  const int in = text.program.tensor(k.input).value_count(), out = text.program.tensor(k.output).value_count();
  write_weights_comment(text, k);
  const Constants constants = write_constants(text, k, fmt::format("[{} out][{} in]", out, in), static_cast<std::size_t>(in), "out");
  const LayerNames names(text, k.name);
  text.definitions.line("static const cmsis_nn_per_tensor_quant_params {} = {{.multiplier = INT32_C({}), .shift = {}}};", names.quantization, kCmsisNnMultiplier,
                        1 - k.epilogue.out_shift);
  text.definitions.open("static const cmsis_nn_fc_params {} = {{", names.layer);
  text.definitions.line(".input_offset = 0, .filter_offset = 0, .output_offset = 0,");
  write_activation(text, k.epilogue.clip_min, k.epilogue.clip_max);
  text.definitions.close("};");
  write_dims(text, names.input, dims(1, 1, 1, in));
  write_dims(text, names.filter, dims(in, 1, 1, out));
  write_dims(text, names.bias, dims(1, 1, 1, out));
  write_dims(text, names.output, dims(1, 1, 1, out));
  write_shift_asserts(text, k, names.layer);
  text.definitions.line();
  // On Helium the context holds the sums of the kernel's rows times the input's offset, which is 0, plus the bias.
  text.run.line("(void)arm_fully_connected_s8({}, &{}, &{}, &{}, {}, &{}, {}, &{}, {}, &{}, {});", context("(void *)" + constants.bias, 4 * std::int64_t{out}), names.layer,
                names.quantization, names.input, text.tensor(k.input), names.filter, constants.weights, names.bias, constants.bias, names.output, text.tensor(k.output));
  return "";
}

template <class K>
std::string write_pool(LayerText& text, const K& k, const char* function) {
  const ProgramTensor &in = text.program.tensor(k.input), &out = text.program.tensor(k.output);
  write_operation_comment(text, k.name, kernel_op(Kernel{k}), {k.input}, k.output);
  const LayerNames names(text, k.name);
  text.definitions.open("static const cmsis_nn_pool_params {} = {{", names.layer);
  write_window(text, k);
  write_activation(text, k.clip_min, k.clip_max);
  text.definitions.close("};");
  write_dims(text, names.input, dims(in));
  write_dims(text, names.filter, dims(1, k.kernel_h, k.kernel_w, 1));
  write_dims(text, names.output, dims(out));
  const std::string buffer = scratch(text, Kernel{k});
  text.definitions.line();
  text.run.line("(void){}({}, &{}, &{}, {}, &{}, &{}, {});", function, buffer, names.layer, names.input, text.tensor(k.input), names.filter, names.output, text.tensor(k.output));
  return "";
}

std::string write(LayerText& text, const AveragePool2dKernel& k) {
  write_pool(text, k, "arm_avgpool_s8");
  return fmt::format("arm_avgpool_s8_get_buffer_size({}, {})", text.program.tensor(k.output).width, text.program.tensor(k.input).channels);
}
std::string write(LayerText& text, const MaxPool2dKernel& k) { return write_pool(text, k, "arm_max_pool_s8"); }

/// 2^n as multiplier 2^30 and a shift.
std::string factor_text(std::int32_t factor) {
  return fmt::format("0, INT32_C({}), {}", kCmsisNnMultiplier, 1 + std::countr_zero(static_cast<std::uint32_t>(factor)));
}

std::string write(LayerText& text, const AddKernel& k) {
  write_operation_comment(text, k.name, "add", inputs_of(Kernel{k}), k.output);
  const std::string right = right_operand(text, k.right, k.constant);
  text.definitions.line();
  text.run.line("(void)arm_elementwise_add_s8({}, {}, {}, {}, 0, {}, 0, INT32_C({}), {}, {}, {}, {});", text.tensor(k.left), right, factor_text(k.left_factor),
                factor_text(k.right_factor), text.tensor(k.output), kCmsisNnMultiplier, 1 - k.out_shift, k.clip.min, k.clip.max, text.program.tensor(k.output).value_count());
  return "";
}

std::string write(LayerText& text, const MulKernel& k) {
  write_operation_comment(text, k.name, "mul", inputs_of(Kernel{k}), k.output);
  const std::string right = right_operand(text, k.right, k.constant);
  text.definitions.line();
  text.run.line("(void)arm_elementwise_mul_s8({}, {}, 0, 0, {}, 0, INT32_C({}), {}, {}, {}, {});", text.tensor(k.left), right, text.tensor(k.output), kCmsisNnMultiplier,
                1 - k.out_shift, k.clip.min, k.clip.max, text.program.tensor(k.output).value_count());
  return "";
}

}  // namespace

std::string write_layer(LayerText& text, const Kernel& kernel) {
  return std::visit(
      [&](const auto& k) -> std::string {
        if constexpr (requires { write(text, k); }) return write(text, k);
        QMN_CHECK((requires { write(text, k); }), "a kernel that runs in CMSIS-NN");
        return "";
      },
      kernel);
}

}  // namespace qmn::s8
