// SPDX-License-Identifier: Apache-2.0
// models/builder.h   What the builders of all architectures share: layers with freshly drawn parameters, appended to a chain.
//
// Weights: Glorot uniform, ±√(6 / (fan_in + fan_out)), fan counted within a group, or where the published net has it so normal with a
// standard deviation of 0.01, redrawn beyond two of them; biases 0; batch norm scale 1, offset 0, mean 0, variance 1. Names: layer `conv_1` has the parameters `conv_1_weights` and `conv_1_bias`, and `conv_1_out` is its value after the
// activation.
#pragma once

#include "base/random.h"
#include "graph/graph.h"
#include "metadata/metadata.h"

#include <array>
#include <string>

namespace qmn {

enum class Initial { glorot, narrow_normal };
enum class Padding {
  same,  ///< the output has ceil(in / stride) rows; an odd row or column of padding stands at the end
  valid  ///< none
};

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
  void conv(const std::string& name, const ConvShape& conv, Padding padding, Initial initial = Initial::glorot);
  void batch_norm(const std::string& name, float momentum);
  void relu(const std::string& name);
  void dropout(const std::string& name);
  void fully_connected(const std::string& name, std::int64_t out_count, Initial initial = Initial::glorot);
  void global_average_pool(const std::string& name);
  /// The last layer: its output is called "logits" and is the graph's.
  Graph finish(const std::string& name, std::int64_t label_count, Initial initial = Initial::glorot);

  // ---- For the builders of recurrent layers (recurrent.h)
  Graph& graph() { return graph_; }
  ValueId current() const { return current_; }  ///< the end of the chain
  const Shape& current_shape() const { return graph_.shape(current_); }
  /// Appends a Scan over the end of the chain; its one final state is the new end.
  void append_scan(Scan scan);
  ValueId constant(const std::string& name, std::int64_t count, float value);
  /// Uniform within ±√(6 / (fan_in + fan_out)).
  ValueId glorot(const std::string& name, const Shape& shape, std::int64_t fan_in, std::int64_t fan_out);

 private:
  void append(Node node);
  ValueId weights(const std::string& name, const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, Initial initial);
  void fully_connected(const std::string& name, std::int64_t out_count, Initial initial, const std::string& output_name);

  Graph graph_;
  ValueId current_ = kNoValue;
  Random random_;
};

}  // namespace qmn
