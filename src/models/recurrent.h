// SPDX-License-Identifier: Apache-2.0
// models/recurrent.h   Recurrent layers as a Scan over the time axis of the chain's end: cells of primitive operators, stacked in one body.
//
// The body starts with a Flatten of the step's row (channels x frequencies). States start at 0. Each gate is a fully connected layer of its
// own, so that each has formats of its own; its initial weights are drawn as if the gates of a cell were one matrix, as published.
#pragma once

#include "models/builder.h"

#include <string>
#include <vector>

namespace qmn {

class RecurrentBuilder {
 public:
  /// `name` is the Scan's. Steps are the rows (dimension 2) of the builder's current value.
  RecurrentBuilder(ModelBuilder& builder, std::string name);

  /// The cells' equations stand in recurrent.cpp. `name` opens the names of a cell's nodes and parameters.
  void basic_lstm(const std::string& name, std::int64_t units);
  /// With peepholes and a projection of the output.
  void lstm(const std::string& name, std::int64_t units, std::int64_t projection);
  void gru(const std::string& name, std::int64_t units);

  /// Appends the Scan; its value is the last cell's output after the last step.
  void finish();

 private:
  struct Gate {
    std::string name;
    std::int64_t units, units_of_all_gates;
    float bias = 0;
  };
  ValueId state(const std::string& name, std::int64_t units);
  void next_state(ValueId state_in, ValueId state_out);
  ValueId value(const std::string& name);
  ValueId dense(const Gate& gate, ValueId input);
  ValueId project(const std::string& name, ValueId input, std::int64_t units);
  ValueId concat(const std::string& name, ValueId first, ValueId second);
  ValueId sigmoid(const std::string& name, ValueId input);
  ValueId tanh(const std::string& name, ValueId input);
  template <class N>
  ValueId elementwise(const std::string& name, ValueId left, ValueId right);
  ValueId peephole(const std::string& name, ValueId gate, ValueId cell, std::int64_t units);
  void settle();  ///< the shape of the last node's output

  ModelBuilder& builder_;
  Graph& graph_;
  Scan scan_;
  ValueId current_ = kNoValue;  ///< the output of the last cell, or the step's input
};

}  // namespace qmn
