// SPDX-License-Identifier: Apache-2.0
// A Scan becomes a loop: states, slices and results, and what it refuses.
#include "lower/lower.h"

#include "base/error.h"
#include "plan/plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace qmn {
namespace {

constexpr QFormat kFormat{8, 4};

/// input [1, 1, 5, 3] → Scan over its rows: sum = flatten(x) + h, h' = sum → last h
class SumOfRows {
 public:
  SumOfRows() {
    model.graph.name = "net";
    model.quantization.emplace();
    model.graph.input = value("input", {1, 1, 5, 3});
    scan.name = "scan";
    scan.inputs = {{model.graph.input, value("x"), 2}};
    scan.states = {{initial({0, 0, 0}), value("h"), kNoValue, value("last")}};
    row = add(Flatten{}, "row");
    std::get<Flatten>(scan.body.back()).input = scan.inputs[0].body_in;
    scan.states[0].body_out = sum(row, scan.states[0].body_in, "sum");
  }

  ValueId value(const std::string& name, const Shape& shape = {}, QFormat format = kFormat) {
    const ValueId id = model.graph.add_value(name, shape);
    model.quantization->formats[id] = format;
    return id;
  }
  ValueId initial(const std::vector<float>& reals) {
    return model.graph.add_initializer(fmt::format("start{}", model.graph.values.size()), {{1, static_cast<std::int64_t>(reals.size())}, reals});
  }
  template <class N>
  ValueId add(N node, const std::string& name) {
    node.name = name + "_node";
    node.output = value(name);
    scan.body.emplace_back(node);
    return node.output;
  }
  ValueId sum(ValueId left, ValueId right, const std::string& name) {
    Add node;
    node.left = left;
    node.right = right;
    return add(node, name);
  }
  ValueId stack(ValueId inside, const std::string& name) {
    const ValueId outer = value(name);
    scan.outputs.push_back({inside, outer, 1});
    return outer;
  }

  Program lowered(ValueId output = kNoValue) {
    Model finished = model;
    finished.graph.nodes.emplace_back(scan);
    finished.graph.output = output == kNoValue ? scan.states[0].final_out : output;
    infer_shapes(finished.graph);
    return lower(finished, {.adds_softmax = false});
  }

  Model model;
  Scan scan;
  ValueId row = kNoValue;
};

TensorId tensor(const Program& program, const std::string& name) {
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    if (program.tensors[i].name == name) return static_cast<TensorId>(i);
  }
  return -1;
}
const LoopKernel& loop_of(const Program& program) {
  for (const Kernel& kernel : program.kernels) {
    if (const auto* loop = std::get_if<LoopKernel>(&kernel)) return *loop;
  }
  throw std::logic_error("no loop");
}

TEST(LowerScan, AStateIsFilledThenCarriedAndIsTheResult) {
  SumOfRows net;
  const Program program = net.lowered();
  ASSERT_EQ(program.kernels.size(), 2U);
  EXPECT_EQ(std::get<FillKernel>(program.kernels[0]).value, 0);
  const LoopKernel& loop = loop_of(program);
  EXPECT_EQ(loop.step_count, 5);
  ASSERT_EQ(loop.inputs.size(), 1U);
  EXPECT_EQ(loop.inputs[0].outer, program.input);
  ASSERT_EQ(loop.states.size(), 1U);
  EXPECT_EQ(loop.states[0].state, tensor(program, "last"));
  EXPECT_EQ(loop.states[0].next, tensor(program, "sum"));
  EXPECT_EQ(program.logits, loop.states[0].state);
  ASSERT_EQ(loop.body.size(), 1U);  // the Flatten is nothing
  EXPECT_EQ(inputs_of(loop.body[0]), (std::vector<TensorId>{loop.inputs[0].slice, loop.states[0].state}));
  const MemoryPlan plan = plan_memory(program);
  EXPECT_EQ(plan.arena_bytes, 16 + 4);  // the input, and the state under its next value
}

TEST(LowerScan, AConstantInitialStateIsQuantizedInTheFormatOfTheState) {
  SumOfRows uniform;
  uniform.scan.states[0].initial = uniform.model.graph.add_initializer("half", {{1, 3}, {0.53125f, 0.53125f, 0.53125f}});
  EXPECT_EQ(std::get<FillKernel>(uniform.lowered().kernels[0]).value, 9);  // 8.5, ties up
  SumOfRows mixed;
  mixed.scan.states[0].initial = mixed.model.graph.add_initializer("mixed", {{1, 3}, {0.5f, -100.0f, 0}});
  const Program program = mixed.lowered();
  const auto& add = std::get<AddKernel>(program.kernels[1]);
  EXPECT_EQ(add.constant.values, (std::vector<std::int16_t>{8, -128, 0}));
  EXPECT_EQ(add.output, loop_of(program).states[0].state);
  EXPECT_EQ(std::get<FillKernel>(program.kernels[0]).output, add.left);
}

TEST(LowerScan, AResultThatIsAStateTooIsCopiedIntoItsPlace) {
  SumOfRows net;
  const ValueId all = net.stack(net.scan.states[0].body_out, "all");
  const Program program = net.lowered(all);
  const LoopKernel& loop = loop_of(program);
  ASSERT_EQ(loop.outputs.size(), 1U);
  EXPECT_EQ(loop.outputs[0].outer, tensor(program, "all"));
  ASSERT_EQ(loop.body.size(), 2U);
  EXPECT_EQ(std::get<CopyKernel>(loop.body[1]).input, loop.states[0].next);
  EXPECT_EQ(std::get<CopyKernel>(loop.body[1]).output, loop.outputs[0].slice);
}

TEST(LowerScan, AResultOfItsOwnIsWrittenInPlace) {
  SumOfRows net;
  const ValueId all = net.stack(net.sum(net.row, net.row, "twice"), "all");
  const Program program = net.lowered(all);
  const LoopKernel& loop = loop_of(program);
  EXPECT_EQ(loop.body.size(), 2U);
  EXPECT_EQ(loop.outputs[0].slice, tensor(program, "twice"));
}

TEST(LowerScan, AStateThatMovesOnAsItIsIsCopied) {
  SumOfRows net;  // a delay line: the second state takes the first
  net.scan.states.push_back({net.initial({0, 0, 0}), net.value("old"), net.scan.states[0].body_in, net.value("last_old")});
  const Program program = net.lowered(net.scan.states[1].final_out);
  const LoopKernel& loop = loop_of(program);
  ASSERT_EQ(loop.states.size(), 2U);
  EXPECT_EQ(std::get<CopyKernel>(loop.body.back()).input, loop.states[0].state);
  EXPECT_EQ(std::get<CopyKernel>(loop.body.back()).output, loop.states[1].next);
  plan_memory(program);  // validates
}

TEST(LowerScan, AnInputThatTheBodyIgnoresIsLeftOut) {
  SumOfRows net;
  net.scan.inputs.push_back({net.model.graph.input, net.value("unread"), 2});
  EXPECT_EQ(loop_of(net.lowered()).inputs.size(), 1U);
}

void expect_error(SumOfRows& net, const std::vector<std::string>& parts) {
  try {
    net.lowered();
    ADD_FAILURE() << "it was lowered";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos);
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
  }
}

TEST(LowerScanErrors, AStateWithTwoFormats) {
  SumOfRows net;
  net.model.quantization->formats[net.scan.states[0].body_out] = {8, 3};
  expect_error(net, {"Scan scan", "h and sum", "Q3.4 and Q4.3", "give both the same"});
}

TEST(LowerScanErrors, AnInputWhoseStepsAreScattered) {
  SumOfRows net;
  net.scan.inputs[0].axis = 3;
  net.scan.states[0].initial = net.model.graph.add_initializer("five", {{1, 5}, std::vector<float>(5, 0.0f)});
  expect_error(net, {"Scan scan", "input", "1x1x5x3", "along dimension 3"});
}

TEST(LowerScanErrors, AnInputWithAnotherFormatInside) {
  SumOfRows net;
  net.model.quantization->formats[net.scan.inputs[0].body_in] = {8, 6};
  expect_error(net, {"Scan scan", "input and x", "Q3.4 and Q1.6"});
}

}  // namespace
}  // namespace qmn
