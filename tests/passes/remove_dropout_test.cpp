// SPDX-License-Identifier: Apache-2.0
#include "passes/chain.h"
#include "passes/passes.h"

namespace qmn {
namespace {

using testing::Chain;
using testing::expect_same_function;
using testing::operators;

void expect_goes(const Graph& before, const std::string& expected) {
  Graph after = before;
  remove_dropout(after);
  EXPECT_EQ(operators(after), expected);
  expect_same_function(before, after);
}

TEST(RemoveDropout, GoesWhereverItStands) {
  expect_goes(Chain({1, 5}).dense().dropout().dense().graph, "Gemm Gemm");
  expect_goes(Chain({1, 5}).dropout().dense().graph, "Gemm");
  expect_goes(Chain({1, 5}).dense().dropout().graph, "Gemm");
  expect_goes(Chain({1, 5}).dropout().dropout().relu().dropout().graph, "Relu");
  expect_goes(Chain({1, 5}).dropout().graph, "");
}

TEST(RemoveDropout, AllItsReadersReadItsInput) {
  Graph before = Chain({1, 5}).dense().dropout().relu().graph;
  before.nodes.push_back(Softmax{.name = "second", .input = output_of(before.nodes[1]), .output = before.add_value("second_out")});
  infer_shapes(before);
  expect_goes(before, "Gemm Relu Softmax");
}

}  // namespace
}  // namespace qmn
