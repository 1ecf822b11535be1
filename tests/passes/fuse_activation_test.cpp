// SPDX-License-Identifier: Apache-2.0
#include "passes/chain.h"
#include "passes/passes.h"

namespace qmn {
namespace {

using testing::Chain;
using testing::expect_same_function;
using testing::operators;

void expect_fuses(const Graph& before, const std::string& expected) {
  Graph after = before;
  fuse_activation(after);
  EXPECT_EQ(operators(after), expected);
  EXPECT_EQ(after.value(after.output).name, before.value(before.output).name);
  expect_same_function(before, after);
}

TEST(FuseActivation, LayerThenReluBecomesLayerWithRelu) {
  expect_fuses(Chain({1, 2, 4, 3}).conv().relu().graph, "Conv+relu");
  expect_fuses(Chain({1, 5}).dense().relu().dense().graph, "Gemm+relu Gemm");
}

TEST(FuseActivation, ReluTwiceIsReluOnce) { expect_fuses(Chain({1, 5}).dense().relu().relu().graph, "Gemm+relu"); }

TEST(FuseActivation, DoesNotFireBehindOtherNodes) {
  expect_fuses(Chain({1, 5}).relu().graph, "Relu");
  expect_fuses(Chain({1, 5}).dense().norm().relu().graph, "Gemm BatchNormalization Relu");
}

TEST(FuseActivation, DoesNotFireWhenTheLayerHasASecondUser) {
  Graph g = Chain({1, 5}).dense().relu().graph;
  g.nodes.push_back(Dropout{.name = "second", .input = output_of(g.nodes[0]), .output = g.add_value("second_out")});
  infer_shapes(g);
  fuse_activation(g);
  EXPECT_EQ(operators(g), "Gemm Relu Dropout");

  g = Chain({1, 5}).dense().relu().graph;
  g.output = output_of(g.nodes[0]);
  fuse_activation(g);
  EXPECT_EQ(operators(g), "Gemm Relu");
}

}  // namespace
}  // namespace qmn
