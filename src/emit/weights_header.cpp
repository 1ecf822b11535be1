// SPDX-License-Identifier: Apache-2.0
// emit/weights_header.cpp   weights.h in the classic form: one #define of a brace list for each weight and bias, shifts beside it.
#include "base/check.h"
#include "emit/c_text.h"
#include "emit/emit.h"

#include <optional>
#include <type_traits>

namespace qmn {
namespace {

/// One layer's constants; shifts only where the formats that they follow from are known.
struct LayerWeights {
  std::string layer, weights_name, bias_name;
  std::string layout;
  std::vector<std::int8_t> weights;
  std::vector<std::int32_t> bias;  ///< empty: the layer has none
  QFormat weight_format, bias_format;
  std::vector<int> weight_frac_bits{}, bias_frac_bits{};  ///< one entry, or one for each output channel
  std::optional<int> bias_shift{};   ///< none where it would be negative: C has no such shift
  std::vector<int> out_shifts{};     ///< one entry, or one for each output channel; empty where one would be negative
};

template <class Number>
std::string brace_list(const std::vector<Number>& values) {
  std::string text = "{";
  for (std::size_t i = 0; i < values.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : ", ", static_cast<int>(values[i]));
  return text + "}";
}

/// One value, or a brace list of one for each output channel.
std::string value_or_list(const std::vector<int>& values) { return values.size() == 1 ? macro_value(values.front()) : brace_list(values); }

std::string header_text(const std::string& name, const std::vector<LayerWeights>& layers) {
  CNames identifiers({});
  CWriter out;
  out.line("/* weights.h   Weights and biases of the network \"{}\" as brace lists, for classic code: static const q7_t w[] = name;", comment_text(name));
  out.line(" * raw = saturate(floor(real * 2^FRAC_BITS + 0.5)), by rows of the layout that stands above each.");
  out.line(" * acc = (bias << BIAS_LSHIFT) + sum(input * weight), output = saturate((acc + (1 << OUT_RSHIFT >> 1)) >> OUT_RSHIFT). */");
  for (const LayerWeights& layer : layers) {
    const std::string weights_name = identifiers.unique(layer.weights_name);
    out.line();
    out.line("/* {}: weights {} {} */", comment_text(layer.layer), layer.layout, layer.weight_format.name());
    out.line("#define {} {}", weights_name, brace_list(layer.weights));
    out.line("#define {}_FRAC_BITS {}", weights_name, value_or_list(layer.weight_frac_bits));
    if (!layer.bias.empty()) {
      const std::string bias_name = identifiers.unique(layer.bias_name);
      out.line("#define {} {}", bias_name, brace_list(layer.bias));
      out.line("#define {}_FRAC_BITS {}", bias_name, value_or_list(layer.bias_frac_bits));
    }
    const std::string layer_name = upper_case(identifiers.unique(layer.layer));
    if (layer.bias_shift) out.line("#define {}_BIAS_LSHIFT {}", layer_name, macro_value(*layer.bias_shift));
    if (!layer.out_shifts.empty()) out.line("#define {}_OUT_RSHIFT {}", layer_name, value_or_list(layer.out_shifts));
  }
  return out.take();
}

template <class K>
constexpr const char* weight_layout() {
  if constexpr (std::is_same_v<K, Conv2dKernel>) return "[out][ky][kx][in]";
  else if constexpr (std::is_same_v<K, DepthwiseConv2dKernel>) return "[ky][kx][channel]";
  else return "[out][in]";
}

/// [out][in/groups][kh][kw] → [out][kh][kw][in], or for a depthwise convolution (one input channel a group) → [kh][kw][out].
std::vector<std::int8_t> to_nhwc(const std::vector<std::int32_t>& raw, const Shape& shape, bool is_depthwise) {
  const auto out = static_cast<std::size_t>(shape[0]), in = static_cast<std::size_t>(shape[1]), taps = static_cast<std::size_t>(shape[2] * shape[3]);
  std::vector<std::int8_t> result(raw.size());
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t t = 0; t < taps; ++t) {
        result[is_depthwise ? t * out + o : (o * taps + t) * in + i] = static_cast<std::int8_t>(raw[(o * in + i) * taps + t]);
      }
    }
  }
  return result;
}

/// A fully connected layer behind a flattened map reads it in C·H·W order; the device keeps H·W·C.
std::vector<std::int8_t> to_hwc_columns(const std::vector<std::int32_t>& raw, std::int64_t rows, const Shape& map) {
  const auto out = static_cast<std::size_t>(rows), channels = static_cast<std::size_t>(map[1]), pixels = static_cast<std::size_t>(map[2] * map[3]);
  std::vector<std::int8_t> result(raw.size());
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t p = 0; p < pixels; ++p) {
        result[(o * pixels + p) * channels + c] = static_cast<std::int8_t>(raw[(o * channels + c) * pixels + p]);
      }
    }
  }
  return result;
}

/// The shape of the map that a Flatten turned into `value`, if one did.
std::optional<Shape> flattened_map(const Graph& graph, ValueId value) {
  for (const Node& node : graph.nodes) {
    const Flatten* flatten = std::get_if<Flatten>(&node);
    if (flatten != nullptr && flatten->output == value && graph.shape(flatten->input).size() == 4) return graph.shape(flatten->input);
  }
  return std::nullopt;
}

template <class N>
std::optional<LayerWeights> layer_of(const Model& model, const N& node) {
  if constexpr (!std::is_same_v<N, Conv2d> && !std::is_same_v<N, FullyConnected>) {
    return std::nullopt;
  } else {
    const Graph& graph = model.graph;
    const Quantization& quantization = *model.quantization;
    const Shape& shape = graph.shape(node.weight);
    const auto weight_format = quantization.format_of(node.weight);
    if (!weight_format) return std::nullopt;
    const std::vector<std::int32_t> raw = raw_parameter(graph, quantization, node.weight);
    LayerWeights layer;
    layer.layer = node.name;
    layer.weights_name = graph.value(node.weight).name;
    layer.weight_format = *weight_format;
    layer.weight_frac_bits = quantization.channels_of(node.weight);
    if constexpr (std::is_same_v<N, Conv2d>) {
      const bool is_depthwise = node.groups > 1 && shape[1] == 1;
      layer.layout = is_depthwise ? weight_layout<DepthwiseConv2dKernel>() : weight_layout<Conv2dKernel>();
      layer.weights = to_nhwc(raw, shape, is_depthwise);
    } else {
      const auto map = flattened_map(graph, node.input);
      layer.layout = weight_layout<FullyConnectedKernel>();
      layer.weights = to_hwc_columns(raw, shape[0], map.value_or(Shape{1, shape[1], 1, 1}));
    }
    const auto in = quantization.format_of(node.input), out = quantization.format_of(node.output);
    if (node.bias != kNoValue) {
      const auto bias_format = quantization.format_of(node.bias);
      if (!bias_format) return std::nullopt;
      layer.bias_name = graph.value(node.bias).name;
      layer.bias_format = *bias_format;
      layer.bias_frac_bits = quantization.channels_of(node.bias);
      layer.bias = raw_parameter(graph, quantization, node.bias);
      if (in && bias_shift(*in, *weight_format, *bias_format) >= 0) layer.bias_shift = bias_shift(*in, *weight_format, *bias_format);
    }
    if (in && out && out_shift(*in, *weight_format, *out) >= 0) {  // the widest channel has the smallest
      for (const int frac_bits : layer.weight_frac_bits) layer.out_shifts.push_back(out_shift(*in, {8, frac_bits}, *out));
    }
    return layer;
  }
}

template <class K>
std::optional<LayerWeights> layer_of(const K& kernel) {
  if constexpr (requires { kernel.weights; }) {
    LayerWeights layer{.layer = kernel.name, .weights_name = kernel.weights_name, .bias_name = kernel.bias_name, .layout = weight_layout<K>(),
                       .weights = kernel.weights, .bias = kernel.bias.values, .weight_format = kernel.weight_format,
                       .bias_format = kernel.bias.format, .bias_shift = kernel.bias.shift};
    const std::size_t shift_count = kernel.epilogue.is_per_channel() ? kernel.epilogue.out_shifts.size() : 1;
    for (std::size_t channel = 0; channel < shift_count; ++channel) {
      const int finer = kernel.epilogue.shift_of(channel) - kernel.epilogue.out_shift;  // than the widest channel
      layer.out_shifts.push_back(kernel.epilogue.shift_of(channel));
      layer.weight_frac_bits.push_back(kernel.weight_format.frac_bits + finer);
      layer.bias_frac_bits.push_back(kernel.bias.format.frac_bits + finer);
    }
    return layer;
  } else {
    return std::nullopt;
  }
}

}  // namespace

std::string emit_weights_header(const Program& program) {
  std::vector<LayerWeights> layers;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    if (auto layer = std::visit([](const auto& k) { return layer_of(k); }, kernel)) layers.push_back(std::move(*layer));
  });
  return header_text(program.name, layers);
}

std::string emit_weights_header(const Model& model) {
  QMN_CHECK(model.quantization.has_value(), "the model's parameters have formats");
  std::vector<LayerWeights> layers;
  for (const Node& node : model.graph.nodes) {
    if (auto layer = std::visit([&](const auto& n) { return layer_of(model, n); }, node)) layers.push_back(std::move(*layer));
  }
  return header_text(model.graph.name, layers);
}

}  // namespace qmn
