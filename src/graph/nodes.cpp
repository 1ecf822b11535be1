// SPDX-License-Identifier: Apache-2.0
#include "graph/nodes.h"

#include "base/check.h"

#include <initializer_list>

namespace qmn {
namespace {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overload(Ts...) -> Overload<Ts...>;

std::vector<ValueId> present(std::initializer_list<ValueId> ids) {
  std::vector<ValueId> out;
  for (ValueId id : ids) {
    if (id != kNoValue) out.push_back(id);
  }
  return out;
}

}  // namespace

const std::string& node_name(const Node& node) {
  return std::visit([](const auto& n) -> const std::string& { return n.name; }, node);
}

const char* op_type(const Node& node) {
  return std::visit(
      Overload{[](const Conv2d&) { return "Conv"; }, [](const FullyConnected&) { return "Gemm"; },
               [](const BatchNorm&) { return "BatchNormalization"; }, [](const Relu&) { return "Relu"; },
               [](const AveragePool2d&) { return "AveragePool"; }, [](const MaxPool2d&) { return "MaxPool"; },
               [](const Flatten&) { return "Flatten"; }, [](const Dropout&) { return "Dropout"; }, [](const Softmax&) { return "Softmax"; },
               [](const Add&) { return "Add"; }, [](const Sub&) { return "Sub"; }, [](const Mul&) { return "Mul"; },
               [](const Concat&) { return "Concat"; }, [](const Slice&) { return "Slice"; }, [](const Sigmoid&) { return "Sigmoid"; },
               [](const Tanh&) { return "Tanh"; }, [](const Clamp&) { return "Clip"; }, [](const Scan&) { return "Scan"; }},
      node);
}

std::vector<ValueId> activation_inputs(const Node& node) {
  return std::visit(Overload{[](const Concat& n) { return n.inputs; },
                             [](const Scan& n) {
                               std::vector<ValueId> ids;
                               for (const Scan::Input& input : n.inputs) ids.push_back(input.outer);
                               return ids;
                             },
                             [](const auto& n) {
                               if constexpr (requires { n.left; }) {
                                 return n.constant == kNoValue ? std::vector<ValueId>{n.left, n.right} : std::vector<ValueId>{n.left};
                               } else {
                                 return std::vector<ValueId>{n.input};
                               }
                             }},
                    node);
}

std::vector<ValueId> parameters(const Node& node) {
  return std::visit(Overload{[](const Conv2d& n) { return present({n.weight, n.bias}); },
                             [](const FullyConnected& n) { return present({n.weight, n.bias}); },
                             [](const BatchNorm& n) { return present({n.scale, n.offset, n.mean, n.variance}); },
                             [](const Scan& n) {
                               std::vector<ValueId> ids;
                               for (const Scan::State& state : n.states) ids.push_back(state.initial);
                               return ids;
                             },
                             [](const auto& n) {
                               if constexpr (requires { n.constant; }) return present({n.constant});
                               return std::vector<ValueId>{};
                             }},
                    node);
}

std::vector<ValueId> outputs_of(const Node& node) {
  const auto* scan = std::get_if<Scan>(&node);
  if (scan == nullptr) return {std::visit([](const auto& n) {
    if constexpr (requires { n.output; }) return n.output;
    return kNoValue;
  }, node)};
  std::vector<ValueId> ids;
  for (const Scan::State& state : scan->states) {
    if (state.final_out != kNoValue) ids.push_back(state.final_out);
  }
  for (const Scan::Output& output : scan->outputs) ids.push_back(output.outer);
  return ids;
}

ValueId output_of(const Node& node) {
  const std::vector<ValueId> outputs = outputs_of(node);
  QMN_CHECK(outputs.size() == 1, "the node has one output");
  return outputs.front();
}

std::vector<ValueId*> id_slots(Node& node) {
  return std::visit(Overload{[](Scan& n) {
                               std::vector<ValueId*> slots;
                               for (Scan::State& state : n.states) {
                                 slots.insert(slots.end(), {&state.initial, &state.body_in, &state.body_out, &state.final_out});
                               }
                               for (Scan::Input& input : n.inputs) slots.insert(slots.end(), {&input.outer, &input.body_in});
                               for (Scan::Output& output : n.outputs) slots.insert(slots.end(), {&output.body_out, &output.outer});
                               return slots;
                             },
                             [](auto& n) {
                               std::vector<ValueId*> slots{&n.output};
                               if constexpr (requires { n.input; }) slots.push_back(&n.input);
                               if constexpr (requires { n.left; }) slots.insert(slots.end(), {&n.left, &n.right, &n.constant});
                               if constexpr (requires { n.weight; }) slots.insert(slots.end(), {&n.weight, &n.bias});
                               if constexpr (requires { n.variance; }) slots.insert(slots.end(), {&n.scale, &n.offset, &n.mean, &n.variance});
                               if constexpr (requires { n.inputs; }) {
                                 for (ValueId& id : n.inputs) slots.push_back(&id);
                               }
                               return slots;
                             }},
                    node);
}

}  // namespace qmn
