// SPDX-License-Identifier: Apache-2.0
#include "emit/cmsis_nn_q7_layers.h"

#include "emit/elementwise_layers.h"
#include "emit/weights_text.h"
#include "program/cmsis_nn.h"

namespace qmn::q7 {
namespace {

struct Constants {
  std::string weights, bias;
};

template <class K>
Constants write_constants(LayerText& text, const K& kernel, const std::vector<std::int8_t>& weights, const std::string& layout, std::size_t group, const char* group_name) {
  const Constants names{text.identifiers.unique(kernel.weights_name), text.identifiers.unique(kernel.bias_name)};
  text.definitions.line("/* {}, {} */", layout, kernel.weight_format.name());
  write_array(text.definitions, "_Alignas(4) int8_t", names.weights, weights, group, group_name);
  text.definitions.line("/* [{} out], {} */", kernel.bias.values.size(), kernel.bias.format.name());
  write_array(text.definitions, "int8_t", names.bias, narrow(kernel.bias.values), kernel.bias.values.size(), "");
  return names;
}

std::string function_of(const LayerText& text, const Kernel& kernel) { return cmsis_nn_function(text.program, kernel, text.plan.variant); }

std::string scratch(LayerText& text, const Kernel& kernel) {
  const TensorId output = outputs_of(kernel).front();
  text.definitions.line("_Static_assert({} + {} <= {}_ARENA_BYTES, \"{}: its scratch lies within the arena\");", text.plan.scratch_offset(output),
                        cmsis_nn_scratch_bytes(text.program, kernel, text.plan.variant), text.macro, comment_text(kernel_name(kernel)));
  text.definitions.line();
  return fmt::format("(q15_t *)(arena + {})", text.plan.scratch_offset(output));
}

/// CMSIS-NN's ReLU works in place, behind a kernel that has saturated.
void write_relu(LayerText& text, TensorId output, int clip_min) {
  if (clip_min == 0) text.run.line("arm_relu_q7({}, {});", text.tensor(output), text.program.tensor(output).value_count());
}

template <class K>
void write_convolution(LayerText& text, const K& kernel, const std::string& layout, std::size_t group, const char* group_name) {
  const ProgramTensor &in = text.program.tensor(kernel.input), &out = text.program.tensor(kernel.output);
  write_weights_comment(text, kernel);
  const Constants names = write_constants(text, kernel, kernel.weights, layout, group, group_name);
  write_shift_asserts(text, kernel, comment_text(kernel.name));
  const std::string buffer = scratch(text, Kernel{kernel});
  text.run.line("(void){}({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0);", function_of(text, Kernel{kernel}), text.tensor(kernel.input), in.width,
                in.height, in.channels, names.weights, out.channels, kernel.kernel_w, kernel.kernel_h, kernel.pad_left, kernel.pad_top, kernel.stride_w, kernel.stride_h,
                names.bias, kernel.bias.shift, kernel.epilogue.out_shift, text.tensor(kernel.output), out.width, out.height, buffer);
  write_relu(text, kernel.output, kernel.epilogue.clip_min);
}

void write(LayerText& text, const Conv2dKernel& k) {
  const int in = text.program.tensor(k.input).channels, out = text.program.tensor(k.output).channels;
  write_convolution(text, k, fmt::format("[{} out][{}][{}][{} in]", out, k.kernel_h, k.kernel_w, in), static_cast<std::size_t>(k.kernel_h * k.kernel_w * in), "out");
}

void write(LayerText& text, const DepthwiseConv2dKernel& k) {
  const int channels = text.program.tensor(k.output).channels;
  write_convolution(text, k, fmt::format("[{}][{}][{} channels]", k.kernel_h, k.kernel_w, channels), static_cast<std::size_t>(channels), "tap");
}

void write(LayerText& text, const FullyConnectedKernel& k) {
  const int in = text.program.tensor(k.input).value_count(), out = text.program.tensor(k.output).value_count();
  write_weights_comment(text, k);
  const std::vector<std::int8_t> weights = cmsis_nn_q7_rows(k.weights, static_cast<std::size_t>(out), static_cast<std::size_t>(in));
  const Constants names = write_constants(text, k, weights, fmt::format("[{} out][{} in], four rows and four columns interleaved", out, in), weights.size(), "");
  write_shift_asserts(text, k, comment_text(k.name));
  const std::string buffer = scratch(text, Kernel{k});
  text.run.line("(void){}({}, {}, {}, {}, {}, {}, {}, {}, {});", function_of(text, Kernel{k}), text.tensor(k.input), names.weights, in, out, k.bias.shift, k.epilogue.out_shift,
                names.bias, text.tensor(k.output), buffer);
  write_relu(text, k.output, k.epilogue.clip_min);
}

void write(LayerText& text, const MulKernel& k) {
  write_operation_comment(text, k.name, "mul", inputs_of(Kernel{k}), k.output);
  const std::string right = right_operand(text, k.right, k.constant);
  text.definitions.line();
  text.run.line("{}((q7_t *){}, (q7_t *){}, {}, {}, {});", function_of(text, Kernel{k}), text.tensor(k.left), right, text.tensor(k.output), k.out_shift,
                text.program.tensor(k.output).value_count());
  write_relu(text, k.output, k.clip.min);
}

}  // namespace

void write_layer(LayerText& text, const Kernel& kernel) {
  std::visit(
      [&](const auto& k) {
        if constexpr (requires { write(text, k); }) write(text, k);
        else QMN_CHECK(false, "a kernel that runs in CMSIS-NN");
      },
      kernel);
}

}  // namespace qmn::q7
