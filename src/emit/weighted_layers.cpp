// SPDX-License-Identifier: Apache-2.0
#include "emit/weighted_layers.h"

#include "emit/weights_text.h"
#include "program/mve_layout.h"
#include "program/traits.h"

#include <type_traits>

namespace qmn {
namespace {

/// Constants as the form that runs reads them, with the text around them.
struct Listing {
  std::string layout;      ///< "[64 out][10][4][1 in]"
  std::size_t group = 0;   ///< weights in a group of the listing
  const char* group_name = "";
  std::vector<std::int8_t> weights{};
  std::vector<std::int32_t> biases{};
  std::vector<std::uint8_t> out_shifts{};
  bool has_wide_bias = false;
  int bias_shift = 0;
  bool is_reordered = false;  ///< for a form other than the reference
  std::string scratch_bytes{};  ///< the macro; empty where the form takes none
};

template <class K>
Listing with_lowered_constants(const K& kernel, Listing listing) {
  listing.weights = kernel.weights;
  listing.biases = kernel.bias.values;
  listing.out_shifts = kernel.epilogue.out_shifts;
  listing.has_wide_bias = kernel.bias.format.total_bits == 32;
  listing.bias_shift = kernel.bias.shift;
  QMN_CHECK(listing.weights.size() % listing.group == 0, "constants have the layer's shape");
  return listing;
}

Listing as_lowered(const Program& program, const Conv2dKernel& k) {
  const int in = program.tensor(k.input).channels, out = program.tensor(k.output).channels;
  return with_lowered_constants(k, {.layout = fmt::format("[{} out][{}][{}][{} in]", out, k.kernel_h, k.kernel_w, in),
                                    .group = static_cast<std::size_t>(k.kernel_h * k.kernel_w * in), .group_name = "out"});
}
Listing as_lowered(const Program& program, const DepthwiseConv2dKernel& k) {
  const int out = program.tensor(k.output).channels;
  return with_lowered_constants(
      k, {.layout = fmt::format("[{}][{}][{} channels]", k.kernel_h, k.kernel_w, out), .group = static_cast<std::size_t>(out), .group_name = "tap"});
}
Listing as_lowered(const Program& program, const FullyConnectedKernel& k) {
  const int in = program.tensor(k.input).value_count(), out = program.tensor(k.output).value_count();
  return with_lowered_constants(k, {.layout = fmt::format("[{} out][{} in]", out, in), .group = static_cast<std::size_t>(in), .group_name = "out"});
}

/// The macro of a form's header, with its arguments.
std::string scratch_macro(const Program& program, const Conv2dKernel& k, KernelVariant form) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  return fmt::format("QMN_CONV2D_S{}_{}_SCRATCH_BYTES({} * {} * {}, {})", out.format.total_bits, upper_case(variant_name(form)), k.kernel_h, k.kernel_w, in.channels, out.channels);
}
std::string scratch_macro(const Program& program, const DepthwiseConv2dKernel& k, KernelVariant form) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  if (form == KernelVariant::mve) {
    return fmt::format("QMN_DEPTHWISE_S8_MVE_SCRATCH_BYTES(QMN_DEPTHWISE_S8_MVE_ROWS({}, {}, {}, {}, {}), QMN_DEPTHWISE_S8_MVE_PITCH({}, {}, {}, {}, {}), {}, {})", in.height, out.height,
                       k.stride_h, k.kernel_h, k.pad_top, in.width, out.width, k.stride_w, k.kernel_w, k.pad_left, out.height, k.kernel_h);
  }
  return fmt::format("QMN_DEPTHWISE_S8_DSP_SCRATCH_BYTES({}, {}, {}, {}, {}, {})", out.height, out.width, k.stride_h, k.stride_w, k.kernel_h, k.kernel_w);
}
std::string scratch_macro(const Program& program, const FullyConnectedKernel& k, KernelVariant form) {
  const int in = program.tensor(k.input).value_count(), out = program.tensor(k.output).value_count();
  if (form == KernelVariant::mve) return fmt::format("QMN_FULLY_CONNECTED_S8_MVE_SCRATCH_BYTES({}, {})", in, out);
  return fmt::format("QMN_FULLY_CONNECTED_S8_DSP_SCRATCH_BYTES({})", in);
}

template <class K>
Listing listing_of(const LayerText& text, const K& kernel) {
  const KernelVariant form = traits_of(text.program, Kernel{kernel}, text.plan.variant).variant;
  if (form == KernelVariant::ref) return as_lowered(text.program, kernel);
  ReorderedConstants constants = reordered_constants(text.program, kernel, form);
  return {.layout = constants.layout,
          .group = constants.group_size,
          .group_name = constants.group_name,
          .weights = std::move(constants.weights),
          .biases = std::move(constants.biases),
          .out_shifts = std::move(constants.out_shifts),
          .has_wide_bias = true,
          .bias_shift = 0,
          .is_reordered = true,
          .scratch_bytes = scratch_macro(text.program, kernel, form)};
}

struct ConstantNames {
  std::string weights, bias;
  std::string out_shifts;  ///< empty: one shift for all channels
};

template <class K>
ConstantNames write_constants(LayerText& text, const K& kernel, const Listing& listing) {
  CWriter& out = text.definitions;
  ConstantNames names{text.identifiers.unique(kernel.weights_name), text.identifiers.unique(kernel.bias_name), ""};
  if (kernel.epilogue.is_per_channel()) {
    names.out_shifts = text.identifiers.unique(kernel.name + "_out_shifts");
    out.line("/* of each output channel; its weights have as many fractional bits more than {} as its shift is larger than {} */", kernel.weight_format.name(),
             kernel.epilogue.out_shift);
    write_array(out, "uint8_t", names.out_shifts, listing.out_shifts, listing.out_shifts.size(), "");
  }
  out.line("/* {}, {}{}{} */", listing.layout, kernel.weight_format.name(), by_channel(kernel), listing.is_reordered ? ", in the order of the kernel" : "");
  write_array(out, listing.is_reordered ? "_Alignas(4) int8_t" : "int8_t", names.weights, listing.weights, listing.group, listing.group_name);
  out.line("/* [{} out], {}{}{} */", listing.biases.size(), kernel.bias.format.name(), by_channel(kernel),
           listing.is_reordered ? fmt::format(" at accumulator scale, {} fractional bits, and half a step of the output",
                                              kernel.bias.format.frac_bits + kernel.bias.shift)
                                : "");
  if (listing.has_wide_bias) write_array(out, "int32_t", names.bias, listing.biases, listing.biases.size(), "");
  else write_array(out, "int8_t", names.bias, narrow(listing.biases), listing.biases.size(), "");
  return names;
}

template <class K>
void write_bias_and_epilogue(LayerText& text, const K& kernel, const Listing& listing, const ConstantNames& names) {
  text.definitions.line(".weights = {},", names.weights);
  text.definitions.line(".bias = {{.s8 = {}, .s32 = {}, .shift = {}}},", listing.has_wide_bias ? "0" : names.bias, listing.has_wide_bias ? names.bias : "0",
                        listing.bias_shift);
  const bool is_per_channel = kernel.epilogue.is_per_channel();
  text.definitions.line(".epilogue = {{.{} = {}, .clip_min = {}, .clip_max = {}}},", is_per_channel ? "out_shifts" : "out_shift",
                        is_per_channel ? names.out_shifts : std::to_string(kernel.epilogue.out_shift), kernel.epilogue.clip_min, kernel.epilogue.clip_max);
}

/// `weight_count`: how many weights the layer's shape asks for, as C; of a reordered listing what its layout says.
template <class K>
void write_asserts(LayerText& text, const K& kernel, const Listing& listing, const ConstantNames& names, const std::string& layer, const std::string& weight_count) {
  CWriter& out = text.definitions;
  out.line("_Static_assert(sizeof {} {} {}, \"{}: a weight for every tap\");", names.weights, listing.is_reordered ? ">=" : "==", weight_count, layer);
  write_shift_asserts(text, kernel, layer);
  if (listing.is_reordered) {
    out.line("_Static_assert({} + {} <= {}_ARENA_BYTES, \"{}: its scratch lies within the arena\");", text.plan.scratch_offset(kernel.output), listing.scratch_bytes,
             text.macro, layer);
  }
  out.line();
}

template <class K>
void write_call(LayerText& text, const K& kernel, const Listing& listing, const std::string& layer) {
  const std::string scratch = listing.is_reordered ? fmt::format(", arena + {}", text.plan.scratch_offset(kernel.output)) : "";
  text.run.line("{}(&{}, {}, {}{});", runtime_function(text.program, Kernel{kernel}, text.plan.variant), layer, text.tensor(kernel.input), text.tensor(kernel.output), scratch);
}

template <class K>
void write_convolution(LayerText& text, const K& kernel) {
  const ProgramTensor &in = text.program.tensor(kernel.input), &out = text.program.tensor(kernel.output);
  const Listing listing = listing_of(text, kernel);
  write_weights_comment(text, kernel);
  const ConstantNames names = write_constants(text, kernel, listing);
  const std::string layer = text.identifiers.unique(kernel.name);
  text.definitions.open("static const qmn_conv2d {} = {{", layer);
  text.definitions.line(".in_h = {}, .in_w = {}, .in_c = {},", in.height, in.width, in.channels);
  text.definitions.line(".out_h = {}, .out_w = {}, .out_c = {},", out.height, out.width, out.channels);
  text.definitions.line(".kernel_h = {}, .kernel_w = {},", kernel.kernel_h, kernel.kernel_w);
  text.definitions.line(".stride_h = {}, .stride_w = {},", kernel.stride_h, kernel.stride_w);
  text.definitions.line(".dilation_h = {}, .dilation_w = {},", kernel.dilation_h, kernel.dilation_w);
  text.definitions.line(".pad_top = {}, .pad_left = {},", kernel.pad_top, kernel.pad_left);
  write_bias_and_epilogue(text, kernel, listing, names);
  text.definitions.close("};");
  const std::string taps = fmt::format("{} * {} * {}", out.channels, kernel.kernel_h, kernel.kernel_w);
  write_asserts(text, kernel, listing, names, layer, std::is_same_v<K, DepthwiseConv2dKernel> ? taps : fmt::format("{} * {}", taps, in.channels));
  write_call(text, kernel, listing, layer);
}

}  // namespace

void write_layer(LayerText& text, const Conv2dKernel& kernel) { write_convolution(text, kernel); }
void write_layer(LayerText& text, const DepthwiseConv2dKernel& kernel) { write_convolution(text, kernel); }

void write_layer(LayerText& text, const FullyConnectedKernel& kernel) {
  const bool is_dsp = traits_of(text.program, Kernel{kernel}, text.plan.variant).variant == KernelVariant::dsp;
  if (is_dsp && runs_as_convolution(text.program, kernel)) return write_convolution(text, as_convolution(text.program, kernel));
  const int in = text.program.tensor(kernel.input).value_count(), out = text.program.tensor(kernel.output).value_count();
  const Listing listing = listing_of(text, kernel);
  write_weights_comment(text, kernel);
  const ConstantNames names = write_constants(text, kernel, listing);
  const std::string layer = text.identifiers.unique(kernel.name);
  text.definitions.open("static const qmn_fully_connected {} = {{", layer);
  text.definitions.line(".in_count = {}, .out_count = {},", in, out);
  write_bias_and_epilogue(text, kernel, listing, names);
  text.definitions.close("};");
  write_asserts(text, kernel, listing, names, layer, fmt::format("{} * {}", out, in));
  write_call(text, kernel, listing, layer);
}

}  // namespace qmn
