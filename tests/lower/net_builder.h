// SPDX-License-Identifier: Apache-2.0
// Small quantized graphs for the tests of lowering, node by node.
#pragma once

#include "graph/quantization.h"

#include <string>
#include <vector>

namespace qmn {

class NetBuilder {
 public:
  explicit NetBuilder(Shape input_shape, std::optional<QFormat> format = QFormat{8, 4}) {
    model_.graph.name = "net";
    model_.quantization.emplace();
    last_ = model_.graph.input = model_.graph.add_value("input", std::move(input_shape));
    set_format(last_, format);
  }

  struct Layer {
    std::string name = "layer";
    std::vector<float> weights = {};
    QFormat weight_format{8, 5};
    std::vector<float> bias = {};  ///< empty: no bias
    QFormat bias_format{8, 6};
    std::optional<QFormat> format = QFormat{8, 3};  ///< of the output
    Activation activation = Activation::none;
  };

  /// weight [out, in/groups, kh, kw]
  NetBuilder& conv(const Layer& layer, const Shape& weight_shape, const Conv2d& attributes = {}) {
    Conv2d node = attributes;
    set_layer(node, layer, weight_shape);
    return add(node, layer.format);
  }
  NetBuilder& fully_connected(const Layer& layer, std::int64_t out_count) {
    FullyConnected node;
    set_layer(node, layer, {out_count, static_cast<std::int64_t>(layer.weights.size()) / out_count});
    return add(node, layer.format);
  }
  NetBuilder& pool(const AveragePool2d& attributes, std::optional<QFormat> format) {
    AveragePool2d node = attributes;
    return add(node, format);
  }
  /// Flatten, Relu, Softmax, Dropout.
  template <class N>
  NetBuilder& unary(const std::string& name, std::optional<QFormat> format) {
    N node;
    node.name = name;
    return add(node, format);
  }
  NetBuilder& batch_norm(std::int64_t channels) {
    BatchNorm node;
    node.name = "norm";
    const Tensor ones{{channels}, std::vector<float>(static_cast<std::size_t>(channels), 1.0f)};
    node.scale = model_.graph.add_initializer("scale", ones);
    node.offset = model_.graph.add_initializer("offset", ones);
    node.mean = model_.graph.add_initializer("mean", ones);
    node.variance = model_.graph.add_initializer("variance", ones);
    return add(node, QFormat{8, 3});
  }

  Model build() {
    model_.graph.output = last_;
    infer_shapes(model_.graph);
    return model_;
  }
  Graph& graph() { return model_.graph; }
  Quantization& quantization() { return *model_.quantization; }

 private:
  template <class N>
  void set_layer(N& node, const Layer& layer, const Shape& weight_shape) {
    node.name = layer.name;
    node.weight = model_.graph.add_initializer(layer.name + ".weight", {weight_shape, layer.weights});
    set_format(node.weight, layer.weight_format);
    if (!layer.bias.empty()) {
      node.bias = model_.graph.add_initializer(layer.name + ".bias", {{static_cast<std::int64_t>(layer.bias.size())}, layer.bias});
      set_format(node.bias, layer.bias_format);
    }
    node.activation = layer.activation;
  }

  template <class N>
  NetBuilder& add(N node, std::optional<QFormat> format) {
    node.input = last_;
    node.output = last_ = model_.graph.add_value(node.name + ".out");
    set_format(last_, format);
    model_.graph.nodes.push_back(node);
    return *this;
  }

  void set_format(ValueId id, std::optional<QFormat> format) {
    if (format) model_.quantization->formats[id] = *format;
  }

  Model model_;
  ValueId last_ = kNoValue;
};

/// first, first + step, … : weights that a test can tell apart.
inline std::vector<float> ramp(std::size_t count, float first, float step) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(first + step * static_cast<float>(i));
  return values;
}

}  // namespace qmn
