// SPDX-License-Identifier: Apache-2.0
#include "passes/chain.h"
#include "passes/passes.h"

namespace qmn {
namespace {

using testing::Chain;
using testing::expect_same_function;
using testing::operators;

void expect_folds(const Graph& before, const std::string& expected) {
  Graph after = before;
  fold_batch_norm(after);
  EXPECT_EQ(operators(after), expected);
  EXPECT_EQ(after.value(after.output).name, before.value(before.output).name);
  expect_same_function(before, after);
}

TEST(FoldBatchNorm, ConvThenBatchNormBecomesConv) {
  expect_folds(Chain({1, 2, 4, 3}).conv().norm().graph, "Conv");
  expect_folds(Chain({1, 2, 4, 3}).conv().norm().relu().conv().norm().graph, "Conv Relu Conv");
}

TEST(FoldBatchNorm, GemmThenBatchNormBecomesGemm) { expect_folds(Chain({1, 5}).dense().norm().relu().graph, "Gemm Relu"); }

TEST(FoldBatchNorm, ALayerWithoutBiasGetsOne) {
  expect_folds(Chain({1, 2, 4, 3}).conv(false).norm().graph, "Conv");
  expect_folds(Chain({1, 5}).dense(false).norm().graph, "Gemm");
}

TEST(FoldBatchNorm, SeveralBehindOneLayerAllFold) { expect_folds(Chain({1, 5}).dense().norm().norm().norm().graph, "Gemm"); }

TEST(FoldBatchNorm, UsesTheEpsilonOfTheNode) {
  for (float epsilon : {1e-5f, 1e-3f, 0.5f}) expect_folds(Chain({1, 5}).dense().norm(epsilon).graph, "Gemm");
}

TEST(FoldBatchNorm, FollowsTheFormulaExactly) {
  Graph g = Chain({1, 1}).dense().norm(0.25f).graph;
  const auto& dense = std::get<FullyConnected>(g.nodes[0]);
  const auto& norm = std::get<BatchNorm>(g.nodes[1]);
  const auto set = [&](ValueId id, float real) { g.initializer(id).data.assign(4, real); };
  set(dense.weight, 3), set(dense.bias, 5), set(norm.scale, 8), set(norm.offset, 7), set(norm.mean, 1), set(norm.variance, 3.75f);
  fold_batch_norm(g);  // g = 8 / √4 = 4
  EXPECT_EQ(g.initializer(std::get<FullyConnected>(g.nodes[0]).weight).data, std::vector<float>(4, 12.0f));
  EXPECT_EQ(g.initializer(std::get<FullyConnected>(g.nodes[0]).bias).data, std::vector<float>(4, 23.0f));
}

TEST(FoldBatchNorm, DoesNotFireWhenTheLayerHasASecondUser) {
  Graph g = Chain({1, 5}).dense().norm().graph;
  g.nodes.push_back(Relu{.name = "second", .input = output_of(g.nodes[0]), .output = g.add_value("second_out")});
  infer_shapes(g);
  fold_batch_norm(g);
  EXPECT_EQ(operators(g), "Gemm BatchNormalization Relu");

  g = Chain({1, 5}).dense().norm().graph;
  g.output = output_of(g.nodes[0]);  // the second user is the world
  fold_batch_norm(g);
  EXPECT_EQ(operators(g), "Gemm BatchNormalization");
}

TEST(FoldBatchNorm, DoesNotFireBehindAnActivationOrWithoutALayer) {
  Graph g = Chain({1, 5}).dense().norm().graph;
  std::get<FullyConnected>(g.nodes[0]).activation = Activation::relu;
  fold_batch_norm(g);
  EXPECT_EQ(operators(g), "Gemm+relu BatchNormalization");

  g = Chain({1, 5}).norm().relu().norm().graph;
  fold_batch_norm(g);
  EXPECT_EQ(operators(g), "BatchNormalization Relu BatchNormalization");
}

TEST(FoldBatchNorm, LeavesParametersThatAnotherLayerReads) {
  Graph before = Chain({1, 4}).dense().norm().dense().graph;
  auto& first = std::get<FullyConnected>(before.nodes[0]);
  std::get<FullyConnected>(before.nodes[2]).weight = first.weight;
  std::get<FullyConnected>(before.nodes[2]).bias = first.bias;
  const std::vector<float> weights = before.initializer(first.weight).data;
  Graph after = before;
  fold_batch_norm(after);
  EXPECT_EQ(operators(after), "Gemm Gemm");
  EXPECT_EQ(after.initializer(std::get<FullyConnected>(after.nodes[1]).weight).data, weights);
  expect_same_function(before, after);
}

}  // namespace
}  // namespace qmn
