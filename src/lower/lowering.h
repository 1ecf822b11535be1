// SPDX-License-Identifier: Apache-2.0
// lower/lowering.h   One call of lower(): the program as it grows, and which tensor stands for which value. Its members stand in lower.cpp
// (values, the end), lower_weighted.cpp, lower_elementwise.cpp and lower_scan.cpp.
#pragma once

#include "lower/identifiers.h"
#include "lower/lower.h"
#include "lower/value_order.h"

#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

/// "Conv conv_1": how messages name a node.
template <class N>
std::string title(const N& node) {
  return fmt::format("{} {}", op_type(Node{node}), node.name);
}

/// A unary change of format; beyond the limits every result is 0 or saturated already, so clamping keeps every bit.
struct UnaryShift {
  int left = 0, right = 0;
};
UnaryShift unary_shift(QFormat in, QFormat out);

class Lowering {
 public:
  Lowering(const Model& model, const LowerOptions& options);
  Program run();

 private:
  // ---- lower.cpp: values and formats ----
  QFormat format_of(ValueId id, const std::string& user) const;
  QFormat format_8_bit(ValueId id, const std::string& user) const;       ///< of a value that a kernel reads or writes as int8
  QFormat activation_format(ValueId id, const std::string& user) const;  ///< 8 or 16 bits

  TensorId tensor_of(ValueId id) const { return tensors_.at(id); }
  const ProgramTensor& input_tensor(ValueId id) const { return program_.tensor(tensor_of(id)); }
  const ProgramTensor& input_8_bit(ValueId id, const std::string& user) const;
  const ValueOrder& order_of(ValueId id) const { return orders_.at(tensor_of(id)); }

  TensorId add_tensor(ProgramTensor tensor, std::string_view name, ValueOrder order);
  /// The tensor of a value: an image [1, C, H, W] in NHWC order, or a row or sequence in the given order (none: its own).
  TensorId add_tensor(ValueId id, const std::string& user, QFormat format, const ValueOrder& order = {});
  TensorId add_tensor(ValueId id, const std::string& user) { return add_tensor(id, user, activation_format(id, user)); }
  /// The tensor of a value that keeps the extents and the order of another one.
  TensorId add_tensor_like(ValueId like, ValueId id, QFormat format);

  template <class K>
  void push(K kernel) {
    kernels_->emplace_back(std::move(kernel));
  }

  // ---- lower_weighted.cpp ----
  void lower_node(const Conv2d& node);
  void lower_node(const FullyConnected& node);
  template <class K, class N>
  K lower_weighted(const N& node);
  ProgramBias lower_bias(ValueId id, ValueId weight_id, std::int64_t channels, QFormat in, const std::string& user) const;
  void check_accumulator_scale(ValueId id, ValueId weight_id, QFormat in, const std::string& user) const;
  Epilogue lower_epilogue(QFormat in, ValueId weight_id, QFormat out, Activation activation, const std::string& user) const;

  // ---- lower_elementwise.cpp ----
  void lower_node(const Add& node);
  void lower_node(const Sub& node);
  void lower_node(const Mul& node);
  void lower_node(const Sigmoid& node);
  void lower_node(const Tanh& node);
  void lower_node(const Clamp& node);
  void lower_node(const Slice& node);
  void lower_node(const Concat& node);
  template <class N>
  void lower_sum(const N& node, int right_sign);
  template <class K, class N>
  K lower_binary(const N& node, QFormat& left, QFormat& right, QFormat& out);
  void lower_curve(const std::string& name, Curve curve, ValueId input, ValueId output, const std::string& user);
  ProgramConstant lower_constant(ValueId constant, ValueId left, const std::string& user);

  // ---- lower_scan.cpp ----
  void lower_node(const Scan& node);
  TensorId add_state(const Scan::State& state, const std::string& user);
  void add_slice(LoopKernel& loop, const Scan::Input& input, const std::string& user);
  TensorId copied(TensorId id, const std::string& name);
  QFormat shared_format(ValueId id, const std::vector<ValueId>& others, const std::string& user) const;

  // ---- lower.cpp: pools, shapes, softmax ----
  void lower_node(const AveragePool2d& node);
  void lower_node(const MaxPool2d& node);
  template <class K, class N>
  K lower_pool(const N& node);
  void lower_node(const Relu& node);
  void lower_node(const Flatten& node);
  void lower_node(const Softmax& node);
  template <class N>
  [[noreturn]] void lower_node(const N& node) {
    fail_unknown(title(node));
  }
  [[noreturn]] static void fail_unknown(const std::string& user);
  void lower_nodes(const std::vector<Node>& nodes);
  void add_requantize(const std::string& name, ValueId input, ValueId output, QFormat format, RawRange clip);
  void add_softmax(const std::string& name, TensorId input, TensorId output);

  // ---- lower.cpp: the end ----
  void set_outputs();
  void append_softmax();

  const Graph& graph_;
  const LowerOptions& options_;
  const Quantization* quantization_ = nullptr;
  Program program_;
  std::vector<Kernel>* kernels_ = &program_.kernels;  ///< where kernels go: the program, or the body of a loop
  std::map<ValueId, TensorId> tensors_;
  std::map<TensorId, ValueOrder> orders_;
  Identifiers kernel_names_;  ///< of kernels and their constants
  Identifiers tensor_names_;
};

/// The interval that an activation leaves of a format.
RawRange raw_range(QFormat format, Activation activation = Activation::none);

}  // namespace qmn
