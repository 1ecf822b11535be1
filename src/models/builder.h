// SPDX-License-Identifier: Apache-2.0
// models/builder.h   What the builders of all architectures share: layers with freshly drawn parameters, appended to a chain.
//
// Weights: Glorot uniform, ±√(6 / (fan_in + fan_out)), fan counted within a group; biases 0; batch norm scale 1, offset 0, mean 0,
// variance 1. Names: layer `conv_1` has the parameters `conv_1_weights` and `conv_1_bias`, and `conv_1_out` is its value after the
// activation.
#pragma once

#include "base/random.h"
#include "graph/graph.h"
#include "metadata/metadata.h"

#include <array>
#include <string>

namespace qmn {

struct ConvShape {
  std::int64_t out_channels = 0;
  std::int64_t groups = 1;
  std::array<std::int64_t, 2> kernel{1, 1};  ///< time, frequency
  std::array<std::int64_t, 2> strides{1, 1};
};

class ModelBuilder {
 public:
  /// A graph with the input "features" of shape 1 x 1 x frames x coefficients.
  ModelBuilder(std::string name, const FrontEndSettings& front_end, std::uint64_t seed);

  void flatten();
  /// SAME padding: the output has ceil(in / stride) rows; an odd row or column of padding stands at the end. Then batch norm and ReLU.
  void conv_batch_norm_relu(const std::string& name, const ConvShape& conv);
  void fully_connected_relu_dropout(const std::string& name, std::int64_t out_count);
  void global_average_pool(const std::string& name);
  /// The last layer: its output is called "logits" and is the graph's.
  Graph finish(const std::string& name, std::int64_t label_count);

 private:
  const Shape& current_shape() const { return graph_.shape(current_); }
  void append(Node node);
  void fully_connected(const std::string& name, std::int64_t out_count, const std::string& output_name);
  ValueId constant(const std::string& name, std::int64_t count, float value);
  ValueId glorot(const std::string& name, const Shape& shape, std::int64_t fan_in, std::int64_t fan_out);

  Graph graph_;
  ValueId current_ = kNoValue;  ///< the end of the chain
  Random random_;
};

}  // namespace qmn
