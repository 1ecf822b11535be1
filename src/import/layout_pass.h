// SPDX-License-Identifier: Apache-2.0
// import/layout_pass.h   remove_layouts for one way to store the input: node by node, each as it must read on stored values.
// The methods live in layout_pass.cpp (values, functions), layout_axes.cpp (operators that name axes) and layout_layers.cpp (products,
// one-dimensional layers, Scan).
#pragma once

#include "formats/draft_builder.h"
#include "import/layouts.h"
#include "import/stored_value.h"

namespace qmn {

class LayoutPass {
 public:
  /// `input_order`: of the logical axes, as they are stored; input_order[0] = 0.
  LayoutPass(const Analysis& in, const std::vector<std::size_t>& input_order);

  /// The body of a Scan, whose inputs lie as given.
  LayoutPass(const Analysis& in, const std::vector<StoredValue>& inputs, const LayoutPass& around);

  Draft run_body();
  LaidOut run();
  int leftover_count() const { return leftovers_; }

 private:
  /// NHWC in the file: left as it is stored, with a note.
  static bool is_image_output(const StoredValue& value);
  const Shape& shape_of(const std::string& name) const { return in_.values.at(name).shape; }
  bool is_constant(const std::string& name) const { return in_.draft.constants.contains(name); }

  std::string constant(const std::string& name);
  /// The value in its own order: what an operator reads that cannot be told otherwise.
  std::string plain(const std::string& name);
  void define(const std::string& name, StoredValue value);
  /// The node with other inputs and attributes; its outputs are stored like `like`, of which the shape is taken from the outputs' own.
  void emit_like(const DraftNode& node, std::vector<std::string> inputs, const StoredValue& like, DraftAttributes attributes);
  void emit_plain(const DraftNode& node);
  void add(const DraftNode& node);
  bool add_function(const DraftNode& node);
  bool add_combination(const DraftNode& node);
  bool add_reshape(const DraftNode& node);
  /// An axis is split: in the stored order that is a Reshape, whatever the axes before were.
  bool add_split_reshape(const DraftNode& node);
  bool add_transpose(const DraftNode& node);
  std::size_t axis_of(const DraftNode& node, std::int64_t otherwise, std::size_t rank) const;
  /// Rows whose columns lie in some order, joined: the order of the whole is remembered.
  bool add_concat_of_columns(const DraftNode& node);
  bool add_concat(const DraftNode& node);
  /// Split and Softmax.
  bool add_along_axis(const DraftNode& node);
  OperatorCall call_of(const DraftNode& node) const;
  bool add_slice(const DraftNode& node);
  bool add_pad(const DraftNode& node);
  bool add_reduction(const DraftNode& node);
  /// value · w, with the rows of w in the order in which the value is stored.
  bool add_product(const DraftNode& node);
  /// Channels are axis 1 as stored too: the numbers behind them may lie as they like.
  bool add_batch_norm(const DraftNode& node);
  /// N x C x L → N x C x 1 x L, the layer with a kernel of height 1, and back.
  bool add_one_dimensional(const DraftNode& node);
  /// What is scanned stays as it is stored: the body sees it without the axis of the steps.
  bool add_scan(const DraftNode& node);

  const Analysis& in_;
  LaidOut out_;
  DraftBuilder build_;
  std::map<std::string, StoredValue> values_;
  std::map<std::string, std::string> plain_;
  int leftovers_ = 0;
};

}  // namespace qmn
