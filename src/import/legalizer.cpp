// SPDX-License-Identifier: Apache-2.0
#include "import/legalizer.h"

#include "base/error.h"
#include "import/advice.h"

#include <algorithm>

namespace qmn {

const std::map<std::string, Legalizer::Handler>& Legalizer::handlers() {
  using L = Legalizer;
  static const std::map<std::string, Handler> table{
      {"Add", &L::legalize_add},
      {"AveragePool", &L::legalize_pool},
      {"BatchNormalization", &L::legalize_batch_norm},
      {"Cast", &L::legalize_cast},
      {"Clip", &L::legalize_clip},
      {"Concat", &L::legalize_concat},
      {"Conv", &L::legalize_conv},
      {"Div", &L::legalize_div},
      {"Flatten", &L::legalize_reshape},
      {"Gemm", &L::legalize_gemm},
      {"GlobalAveragePool", &L::legalize_global_pool},
      {"GlobalMaxPool", &L::legalize_global_pool},
      {"MatMul", &L::legalize_mat_mul},
      {"Max", &L::legalize_bound},
      {"MaxPool", &L::legalize_pool},
      {"Min", &L::legalize_bound},
      {"Mul", &L::legalize_mul},
      {"Neg", &L::legalize_neg},
      {"Pad", &L::legalize_pad},
      {"ReduceMean", &L::legalize_mean},
      {"Relu", &L::legalize_function},
      {"Reshape", &L::legalize_reshape},
      {"Scan", &L::legalize_scan},
      {"Sigmoid", &L::legalize_function},
      {"Slice", &L::legalize_slice},
      {"Softmax", &L::legalize_softmax},
      {"Split", &L::legalize_split},
      {"Sub", &L::legalize_sub},
      {"Sum", &L::legalize_add},
      {"Tanh", &L::legalize_function},
      {"Transpose", &L::legalize_transpose},
  };
  return table;
}

Legalizer::Legalizer(const Analysis& in, Complaints& complaints, std::vector<std::string>& notes)
    : in_(in), complaints_(complaints), notes_(notes), build_(out_) {
  for (const auto& [name, info] : in.values) build_.reserve(name);
  for (const DraftNode& node : in.draft.nodes) {
    for (const std::string& name : node.inputs) ++uses_[name];
  }
  for (const std::string& name : in.draft.outputs) ++uses_[name];
}

Legalizer::Legalizer(const Analysis& in, Legalizer& around) : Legalizer(in, around.complaints_, around.notes_) {
  build_.reserve_all(around.build_);
  is_body_ = true;
}

Draft Legalizer::run_body() {
  legalize_nodes();
  return std::move(out_);
}

Draft Legalizer::run() {
  legalize_nodes();
  finish_input();
  return std::move(out_);
}

bool Legalizer::is_known_constant(const std::string& name) const {
  const auto found = in_.values.find(name);
  return found != in_.values.end() && found->second.constant;
}

void Legalizer::legalize_nodes() {
  out_.name = in_.draft.name;
  out_.inputs = in_.draft.inputs;
  for (const DraftInput& input : out_.inputs) {
    shapes_[input.name] = input.shape;
    alias(input.name, input.name);
  }
  for (const DraftNode& node : in_.draft.nodes) {
    const bool is_known = std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) {
      return name.empty() || names_.contains(name) || pads_.contains(name) || is_known_constant(name);
    });
    if (!is_known) continue;  // it depends on a node with a complaint
    try {
      legalize(node);
    } catch (const Error& error) {
      complaints_.push_back(error.what());
    }
  }
  for (const std::string& name : in_.draft.outputs) {
    const auto found = names_.find(name);
    if (found != names_.end()) out_.outputs.push_back(found->second);
    else if (pads_.contains(name)) complaints_.push_back(pads_.at(name).title + ": it stands at the end of the net");
    else if (is_known_constant(name)) complaints_.push_back("the output " + name + " does not depend on the input");
  }
}

void Legalizer::legalize_scan(const OperatorCall& call) {
  const auto body = std::get<std::shared_ptr<const Draft>>(call.node.attributes.at("body"));
  const Analysis analysis = analyze_body(*body, complaints_);
  Legalizer inner(analysis, *this);
  auto legal = std::make_shared<const Draft>(inner.run_body());
  build_.reserve_all(inner.build_);
  const std::size_t states = call.in.size() - static_cast<std::size_t>(call.node.integer("num_scan_inputs", 1));
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < call.in.size(); ++i)
    inputs.push_back(i < states ? add_constant(call.node.inputs[i] + "/initial", call.constant(i)) : activation(call, i));
  DraftNode scan{call.node.name, "Scan", std::move(inputs), call.node.outputs, call.node.attributes};
  scan.attributes["body"] = std::shared_ptr<const Draft>(std::move(legal));
  out_.nodes.push_back(std::move(scan));
  for (const std::string& name : call.node.outputs) {
    shapes_[name] = in_.values.at(name).shape;
    producers_[name] = out_.nodes.size() - 1;
    alias(name, name);
  }
}

void Legalizer::legalize(const DraftNode& node) {
  const auto handler = handlers().find(node.op);
  if (handler == handlers().end()) fail_data("{}: {}", node.title(), advice_for(node.op));
  std::vector<const ValueInfo*> inputs;
  for (const std::string& name : node.inputs) inputs.push_back(name.empty() ? nullptr : &in_.values.at(name));
  (this->*handler->second)(OperatorCall(node, std::move(inputs)));
}

const std::string& Legalizer::activation(const OperatorCall& call, std::size_t index) {
  call.input(index);
  const std::string& name = call.node.inputs[index];
  if (const auto pad = pads_.find(name); pad != pads_.end())
    fail_data("{}: padding is supported in front of a convolution alone, but {} reads it", pad->second.title, call.node.title());
  if (is_constant(call, index)) fail_data("{}: its input {} is a constant, but an activation is needed", call.node.title(), name);
  return names_.at(name);
}

void Legalizer::alias(const std::string& value, const std::string& emitted) {
  names_[value] = emitted;
  is_shared_[emitted] = is_shared_[emitted] || uses_[value] != 1;
}

void Legalizer::emit(const OperatorCall& call, const std::string& op, std::vector<std::string> inputs, const Shape& shape, DraftAttributes attributes) {
  const std::string& name = output(call);
  build_.node(op, call.node.name, std::move(inputs), name, std::move(attributes));
  shapes_[name] = shape;
  producers_[name] = out_.nodes.size() - 1;
  alias(name, name);
}

std::string Legalizer::emit_helper(const OperatorCall& call, const std::string& suffix, const std::string& op, std::vector<std::string> inputs,
                                   const Shape& shape, DraftAttributes attributes) {
  std::string name = build_.helper(op, output(call) + suffix, std::move(inputs), std::move(attributes));
  shapes_[name] = shape;
  producers_[name] = out_.nodes.size() - 1;
  is_shared_[name] = false;
  return name;
}

DraftNode* Legalizer::sole_producer(const std::string& emitted) {
  const auto found = producers_.find(emitted);
  return found == producers_.end() || is_shared_.at(emitted) ? nullptr : &out_.nodes[found->second];
}

void Legalizer::take_over(DraftNode& producer, const OperatorCall& call) {
  const std::string before = producer.outputs[0], &after = output(call);
  producers_[after] = producers_.at(before);
  producers_.erase(before);
  shapes_[after] = shapes_.at(before);
  producer.outputs[0] = after;
  alias(after, after);
}

bool Legalizer::is_net_output(const std::string& value) const {
  return !is_body_ && std::find(in_.draft.outputs.begin(), in_.draft.outputs.end(), value) != in_.draft.outputs.end();
}

void Legalizer::finish_input() {
  for (DraftInput& input : out_.inputs) {
    const bool is_flattened = std::all_of(out_.nodes.begin(), out_.nodes.end(), [&](const DraftNode& node) {
      return node.op == "Flatten" || std::find(node.inputs.begin(), node.inputs.end(), input.name) == node.inputs.end();
    });
    if (input.shape.size() == 3 && is_flattened) input.shape.insert(input.shape.begin() + 1, 1);
  }
}

}  // namespace qmn
