// SPDX-License-Identifier: Apache-2.0
// tests/import/graphdef_builder.h   Small GraphDefs, node by node.
#pragma once

#include <tensorflow_graph.pb.h>

#include <cstdint>
#include <string>
#include <vector>

namespace qmn::testing {

class GraphDefBuilder {
 public:
  tensorflow::Node& node(const std::string& op, const std::string& name, const std::vector<std::string>& inputs = {}) {
    tensorflow::Node& out = *graph.add_node();
    out.set_op(op);
    out.set_name(name);
    for (const std::string& input : inputs) out.add_input(input);
    return out;
  }
  static void set_text(tensorflow::Node& node, const char* name, const std::string& text) { (*node.mutable_attr())[name].set_s(text); }
  static void set_list(tensorflow::Node& node, const char* name, const std::vector<std::int64_t>& numbers) {
    for (const std::int64_t number : numbers) (*node.mutable_attr())[name].mutable_list()->add_i(number);
  }
  void placeholder(const std::string& name, const std::vector<std::int64_t>& shape) {
    tensorflow::Node& out = node("Placeholder", name);
    (*out.mutable_attr())["dtype"].set_type(1);
    for (const std::int64_t extent : shape) (*out.mutable_attr())["shape"].mutable_shape()->add_dim()->set_size(extent);
  }
  void reals(const std::string& name, const std::vector<std::int64_t>& shape, const std::vector<float>& numbers) {
    tensorflow::Tensor& tensor = *(*node("Const", name).mutable_attr())["value"].mutable_tensor();
    tensor.set_dtype(1);
    for (const std::int64_t extent : shape) tensor.mutable_tensor_shape()->add_dim()->set_size(extent);
    for (const float number : numbers) tensor.add_float_val(number);
  }
  void integers(const std::string& name, const std::vector<int>& numbers) {
    tensorflow::Tensor& tensor = *(*node("Const", name).mutable_attr())["value"].mutable_tensor();
    tensor.set_dtype(3);
    tensor.mutable_tensor_shape()->add_dim()->set_size(static_cast<std::int64_t>(numbers.size()));
    for (const int number : numbers) tensor.add_int_val(number);
  }
  std::string bytes() const { return graph.SerializeAsString(); }

  tensorflow::Graph graph;
};

}  // namespace qmn::testing
