// SPDX-License-Identifier: Apache-2.0
// models/recurrent.cpp   σ is the logistic function, ⊙ multiplies element by element; x is the step's input, h and c the states.
//   basic LSTM (Hochreiter, Schmidhuber 1997; forget gate: Gers et al. 2000)
//     i = σ(Wi[x,h] + bi)   j = tanh(Wj[x,h] + bj)   f = σ(Wf[x,h] + bf)   o = σ(Wo[x,h] + bo)     bf starts at 1
//     c' = f⊙c + i⊙j        h' = o⊙tanh(c')
//   LSTM with peepholes and projection (Sak et al. 2014)
//     i = σ(Wi[x,h] + pi⊙c + bi)   f = σ(Wf[x,h] + pf⊙c + bf)   o = σ(Wo[x,h] + po⊙c' + bo)   h' = P(o⊙tanh(c'))     P has no bias
//   GRU (Cho et al. 2014, as in TensorFlow: the reset gate comes before the product)
//     r = σ(Wr[x,h] + br)   u = σ(Wu[x,h] + bu)     br, bu start at 1
//     c = tanh(Wc[x,r⊙h] + bc)     h' = u⊙h + (1-u)⊙c, computed as c + u⊙(h - c)
#include "models/recurrent.h"

#include "graph/shape_rules.h"

#include <algorithm>
#include <utility>

namespace qmn {

RecurrentBuilder::RecurrentBuilder(ModelBuilder& builder, std::string name) : builder_(builder), graph_(builder.graph()) {
  scan_.name = std::move(name);
  const Shape& outer = builder.current_shape();  // 1 x channels x steps x frequencies
  const ValueId step = graph_.add_value(scan_.name + "_step", {outer.at(0), outer.at(1), outer.at(3)});
  scan_.inputs.push_back({.outer = builder.current(), .body_in = step, .axis = 2});
  scan_.body.push_back(Flatten{.name = scan_.name + "_flatten", .input = step, .output = current_ = value(scan_.name + "_in")});
  settle();
}

ValueId RecurrentBuilder::value(const std::string& name) { return graph_.add_value(name); }

void RecurrentBuilder::settle() {
  const Node& node = scan_.body.back();
  graph_.value(output_of(node)).shape = output_shape(graph_, node);
}

ValueId RecurrentBuilder::state(const std::string& name, std::int64_t units) {
  const Shape shape{1, units};
  check_shape(shape, "the state " + name);
  Scan::State state;
  state.initial = graph_.add_initializer(name + "_initial", {shape, std::vector<float>(static_cast<std::size_t>(units), 0.0f)});
  state.body_in = graph_.add_value(name, shape);
  scan_.states.push_back(state);
  return state.body_in;
}

void RecurrentBuilder::next_state(ValueId state_in, ValueId state_out) {
  std::ranges::find(scan_.states, state_in, &Scan::State::body_in)->body_out = state_out;
}

ValueId RecurrentBuilder::dense(const Gate& gate, ValueId input) {
  const std::int64_t in_count = graph_.shape(input).at(1);
  FullyConnected layer{.name = gate.name, .input = input};
  layer.weight = builder_.glorot(gate.name + "_weights", {gate.units, in_count}, in_count, gate.units_of_all_gates);
  layer.bias = builder_.constant(gate.name + "_bias", gate.units, gate.bias);
  layer.output = value(gate.name + "_linear");
  scan_.body.push_back(layer);
  settle();
  return layer.output;
}

ValueId RecurrentBuilder::project(const std::string& name, ValueId input, std::int64_t units) {
  const std::int64_t in_count = graph_.shape(input).at(1);
  FullyConnected layer{.name = name, .input = input};
  layer.weight = builder_.glorot(name + "_weights", {units, in_count}, in_count, units);
  layer.output = value(name + "_out");
  scan_.body.push_back(layer);
  settle();
  return layer.output;
}

ValueId RecurrentBuilder::concat(const std::string& name, ValueId first, ValueId second) {
  scan_.body.push_back(Concat{.name = name, .inputs = {first, second}, .axis = 1, .output = value(name + "_out")});
  settle();
  return output_of(scan_.body.back());
}

ValueId RecurrentBuilder::sigmoid(const std::string& name, ValueId input) {
  scan_.body.push_back(Sigmoid{.name = name + "_sigmoid", .input = input, .output = value(name)});
  settle();
  return output_of(scan_.body.back());
}

ValueId RecurrentBuilder::tanh(const std::string& name, ValueId input) {
  scan_.body.push_back(Tanh{.name = name + "_tanh", .input = input, .output = value(name)});
  settle();
  return output_of(scan_.body.back());
}

template <class N>
ValueId RecurrentBuilder::elementwise(const std::string& name, ValueId left, ValueId right) {
  scan_.body.push_back(N{.name = name, .left = left, .right = right, .output = value(name + "_out")});
  settle();
  return output_of(scan_.body.back());
}

ValueId RecurrentBuilder::peephole(const std::string& name, ValueId gate, ValueId cell, std::int64_t units) {
  Mul product{.name = name + "_product", .left = cell};
  product.constant = builder_.glorot(name + "_weights", {units}, units, units);
  product.output = value(name + "_product_out");
  scan_.body.push_back(product);
  settle();
  return elementwise<Add>(name, gate, product.output);
}

void RecurrentBuilder::basic_lstm(const std::string& name, std::int64_t units) {
  const ValueId c = state(name + "_c", units), h = state(name + "_h", units);
  const ValueId xh = concat(name + "_xh", current_, h);
  const auto gate = [&](const char* letter, float bias) { return dense({name + letter, units, 4 * units, bias}, xh); };
  const ValueId i = sigmoid(name + "_input_gate", gate("_i", 0)), j = tanh(name + "_candidate", gate("_j", 0));
  const ValueId f = sigmoid(name + "_forget_gate", gate("_f", 1)), o = sigmoid(name + "_output_gate", gate("_o", 0));
  const ValueId kept = elementwise<Mul>(name + "_kept", f, c), added = elementwise<Mul>(name + "_added", i, j);
  const ValueId next_c = elementwise<Add>(name + "_next_c", kept, added);
  const ValueId next_h = elementwise<Mul>(name + "_next_h", o, tanh(name + "_squashed", next_c));
  next_state(c, next_c);
  next_state(h, next_h);
  current_ = next_h;
}

void RecurrentBuilder::lstm(const std::string& name, std::int64_t units, std::int64_t projection) {
  const ValueId c = state(name + "_c", units), h = state(name + "_h", projection);
  const ValueId xh = concat(name + "_xh", current_, h);
  const auto gate = [&](const char* letter, float bias) { return dense({name + letter, units, 4 * units, bias}, xh); };
  const ValueId i = sigmoid(name + "_input_gate", peephole(name + "_i_peephole", gate("_i", 0), c, units));
  const ValueId j = tanh(name + "_candidate", gate("_j", 0));
  const ValueId f = sigmoid(name + "_forget_gate", peephole(name + "_f_peephole", gate("_f", 1), c, units));
  const ValueId kept = elementwise<Mul>(name + "_kept", f, c), added = elementwise<Mul>(name + "_added", i, j);
  const ValueId next_c = elementwise<Add>(name + "_next_c", kept, added);
  const ValueId o = sigmoid(name + "_output_gate", peephole(name + "_o_peephole", gate("_o", 0), next_c, units));
  const ValueId cell_out = elementwise<Mul>(name + "_cell_out", o, tanh(name + "_squashed", next_c));
  const ValueId next_h = project(name + "_projection", cell_out, projection);
  next_state(c, next_c);
  next_state(h, next_h);
  current_ = next_h;
}

void RecurrentBuilder::gru(const std::string& name, std::int64_t units) {
  const ValueId h = state(name + "_h", units);
  const ValueId xh = concat(name + "_xh", current_, h);
  const ValueId r = sigmoid(name + "_reset_gate", dense({name + "_r", units, 2 * units, 1}, xh));
  const ValueId u = sigmoid(name + "_update_gate", dense({name + "_u", units, 2 * units, 1}, xh));
  const ValueId xrh = concat(name + "_xrh", current_, elementwise<Mul>(name + "_reset_h", r, h));
  const ValueId c = tanh(name + "_candidate", dense({name + "_c", units, units}, xrh));
  const ValueId kept = elementwise<Mul>(name + "_kept", u, elementwise<Sub>(name + "_change", h, c));
  const ValueId next_h = elementwise<Add>(name + "_next_h", c, kept);
  next_state(h, next_h);
  current_ = next_h;
}

void RecurrentBuilder::finish() {
  Scan::State& last = *std::ranges::find(scan_.states, current_, &Scan::State::body_out);
  last.final_out = value(scan_.name + "_out");
  builder_.append_scan(std::move(scan_));
}

}  // namespace qmn
