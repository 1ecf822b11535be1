// SPDX-License-Identifier: Apache-2.0
// import/legalizer.h   A draft whose layouts are removed → the same net in the operators of graph/nodes.h alone.
// A method for each operator: legalize_layers.cpp (convolutions, pools, products), legalize_arithmetic.cpp (functions and arithmetic),
// legalize_structure.cpp (shapes, pieces, means).
#pragma once

#include "formats/draft_builder.h"
#include "import/analyze.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

class Legalizer {
 public:
  Legalizer(const Analysis& in, Complaints& complaints, std::vector<std::string>& notes);
  Draft run();
  /// The body of a Scan inside `around`.
  Legalizer(const Analysis& in, Legalizer& around);
  Draft run_body();

  using Handler = void (Legalizer::*)(const OperatorCall&);
  static const std::map<std::string, Handler>& handlers();

 private:
  /// A Pad that waits for the layer behind it.
  struct PendingPad {
    std::string source, title;
    std::vector<std::int64_t> pads;  ///< top, left, bottom, right
  };

  void legalize_nodes();
  bool is_known_constant(const std::string& name) const;
  void legalize_scan(const OperatorCall& call);

  // ---- names
  void legalize(const DraftNode& node);
  /// What the value `index` of the node is called in the new draft. Error (data): a constant, or a Pad that nothing takes in.
  const std::string& activation(const OperatorCall& call, std::size_t index);
  bool is_constant(const OperatorCall& call, std::size_t index) const { return call.input(index).constant != nullptr; }
  const Shape& shape_of(const std::string& emitted) const { return shapes_.at(emitted); }
  const std::string& output(const OperatorCall& call) const { return call.node.outputs.at(0); }
  void alias(const std::string& value, const std::string& emitted);
  /// A node whose output takes the place of the call's; `shape` is its own.
  void emit(const OperatorCall& call, const std::string& op, std::vector<std::string> inputs, const Shape& shape, DraftAttributes attributes = {});
  /// A node before that one; its output's name comes back.
  std::string emit_helper(const OperatorCall& call, const std::string& suffix, const std::string& op, std::vector<std::string> inputs,
                          const Shape& shape, DraftAttributes attributes = {});
  std::string add_constant(const std::string& wish, DraftTensor tensor) { return build_.constant(wish, std::move(tensor)); }
  /// The node that makes `emitted`, when only the node at hand reads that.
  DraftNode* sole_producer(const std::string& emitted);
  /// The producer's output is from now on what the call's output stands for.
  void take_over(DraftNode& producer, const OperatorCall& call);
  bool is_net_output(const std::string& value) const;

  // ---- layers
  std::pair<std::string, std::vector<std::int64_t>> padded_input(const OperatorCall& call);
  void legalize_conv(const OperatorCall& call);
  void legalize_pool(const OperatorCall& call);
  void legalize_global_pool(const OperatorCall& call);
  void legalize_batch_norm(const OperatorCall& call);
  void legalize_gemm(const OperatorCall& call);
  void legalize_mat_mul(const OperatorCall& call);

  // ---- arithmetic
  /// One number a channel (dimension 1) of `shape`, when the constant is that or a single number.
  static std::optional<std::vector<double>> per_channel(const DraftTensor& constant, const Shape& shape);
  std::string channel_constant(const OperatorCall& call, const std::vector<double>& numbers, const Shape& shape);
  /// output = value · factor + offset, one number a channel each; goes into the layer before where it can.
  void affine(const OperatorCall& call, std::size_t value_index, const std::vector<double>& factor, const std::vector<double>& offset);
  bool affine_into(DraftNode& layer, const std::vector<double>& factor, const std::vector<double>& offset);
  void legalize_add(const OperatorCall& call);
  void legalize_sub(const OperatorCall& call);
  void legalize_mul(const OperatorCall& call);
  void legalize_div(const OperatorCall& call);
  void legalize_neg(const OperatorCall& call);
  void combine(const OperatorCall& call, const std::string& op);
  void legalize_bound(const OperatorCall& call);  ///< Max, Min
  void clip(const OperatorCall& call, std::size_t value_index, double low, double high);
  void legalize_clip(const OperatorCall& call);
  void legalize_function(const OperatorCall& call);
  void legalize_softmax(const OperatorCall& call);

  // ---- structure
  void legalize_reshape(const OperatorCall& call);
  void legalize_transpose(const OperatorCall& call);
  void legalize_cast(const OperatorCall& call);
  void legalize_concat(const OperatorCall& call);
  void legalize_slice(const OperatorCall& call);
  void legalize_split(const OperatorCall& call);
  void legalize_pad(const OperatorCall& call);
  void legalize_mean(const OperatorCall& call);
  /// Rows of MFCC as the input of rows [1, frames, coefficients] become an image, as in our own nets.
  void finish_input();

  const Analysis& in_;
  bool is_body_ = false;
  Complaints& complaints_;
  std::vector<std::string>& notes_;
  Draft out_;
  DraftBuilder build_;
  std::map<std::string, int> uses_;            ///< in the draft that is read
  std::map<std::string, std::string> names_;   ///< read value → emitted value
  std::map<std::string, Shape> shapes_;        ///< of emitted values
  std::map<std::string, std::size_t> producers_;  ///< of emitted values: index into out_.nodes
  std::map<std::string, bool> is_shared_;      ///< of emitted values
  std::map<std::string, PendingPad> pads_;     ///< read value → the Pad that makes it
};

}  // namespace qmn
