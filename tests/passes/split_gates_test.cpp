// SPDX-License-Identifier: Apache-2.0
#include "passes/chain.h"
#include "passes/passes.h"
#include "simulate/random_recurrent.h"

namespace qmn {
namespace {

using testing::expect_same_function;
using testing::operators;

/// input [1, 6] → Gemm to 6 (→ Sigmoid) → two Slices → their product
class TwoGates {
 public:
  explicit TwoGates(bool has_curve) : net(1) {
    in = net.input({1, 6});
    sum = net.fully_connected(in, 6);
    cut = has_curve ? net.unary<Sigmoid>(sum, {8, 7}) : sum;
    first = net.slice(cut, 1, 0, 2);
    second = net.slice(cut, 1, 3, 5);
  }
  Graph product() { return net.finish(net.binary<Mul>(first, second, {8, 4})).graph; }

  BranchingNet net;
  ValueId in, sum, cut, first, second;
};

std::string after(Graph graph) {
  split_gates(graph);
  return operators(graph).substr(0, operators(graph).rfind("Mul"));
}

TEST(SplitGates, GemmAndSlicesBecomeAGemmEach) {
  TwoGates net(false);
  const Graph before = net.product();
  Graph split = before;
  split_gates(split);
  remove_unused(split);
  verify(split);
  EXPECT_EQ(after(before), "Gemm Gemm ");
  expect_same_function(before, split);
  const auto& gemm = std::get<FullyConnected>(split.nodes[0]);
  EXPECT_EQ(split.shape(gemm.weight), (Shape{2, 6}));
}

TEST(SplitGates, ACurveInBetweenGoesWithEachPart) {
  TwoGates net(true);
  const Graph before = net.product();
  Graph split = before;
  split_gates(split);
  remove_unused(split);
  verify(split);
  EXPECT_EQ(after(before), "Gemm Sigmoid Gemm Sigmoid ");
  expect_same_function(before, split);
}

TEST(SplitGates, LeavesAResultThatIsReadAsAWholeOrTwice) {
  TwoGates whole(false);
  const ValueId rest = whole.net.fully_connected(whole.sum, 2);
  const Graph read_as_a_whole = whole.net.finish(whole.net.binary<Mul>(whole.net.binary<Mul>(whole.first, whole.second, {8, 4}), rest, {8, 4})).graph;
  Graph graph = read_as_a_whole;
  split_gates(graph);
  EXPECT_EQ(operators(graph), operators(read_as_a_whole));
  TwoGates twice(false);
  const ValueId overlap = twice.net.slice(twice.cut, 1, 1, 3);
  const Graph read_twice = twice.net.finish(twice.net.binary<Mul>(twice.net.binary<Mul>(twice.first, twice.second, {8, 4}), overlap, {8, 4})).graph;
  graph = read_twice;
  split_gates(graph);
  EXPECT_EQ(operators(graph), operators(read_twice));
}

TEST(SplitGates, KeepsTheFunctionOfRandomRecurrentNetsAndIsIdempotent) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const Graph& before : {random_lstm(seed).graph, random_gru(seed).graph, random_crnn(seed).graph}) {
      Graph once = before;
      split_gates(once);
      remove_unused(once);
      verify(once);
      expect_same_function(before, once);
      Graph twice = once;
      split_gates(twice);
      EXPECT_EQ(operators(twice), operators(once));
      for_each_node(once.nodes, [](const Node& node) { EXPECT_FALSE(std::holds_alternative<Slice>(node)); });
    }
  }
}

}  // namespace
}  // namespace qmn
