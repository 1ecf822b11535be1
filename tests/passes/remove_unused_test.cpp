// SPDX-License-Identifier: Apache-2.0
#include "passes/chain.h"
#include "passes/passes.h"
#include "simulate/random_recurrent.h"

namespace qmn {
namespace {

using testing::Chain;
using testing::expect_same_function;
using testing::operators;

std::vector<std::string> value_names(const Graph& g) {
  std::vector<std::string> names;
  for (const Value& value : g.values) names.push_back(value.name);
  return names;
}

TEST(RemoveUnused, DropsNodesValuesAndInitializersThatNothingReads) {
  const Graph whole = Chain({1, 2, 4, 3}).conv().norm().relu().flatten().dense().graph;
  Graph before = whole;
  before.add_value("orphan", {1});
  before.add_initializer("unread", {{1}, {1}});
  const ValueId dead = before.add_value("dead"), deader = before.add_value("deader");
  before.nodes.insert(before.nodes.begin() + 1, Relu{.name = "dead", .input = output_of(before.nodes[0]), .output = dead});
  before.nodes.push_back(Dropout{.name = "deader", .input = dead, .output = deader});
  infer_shapes(before);
  Graph after = before;
  remove_unused(after);
  EXPECT_EQ(operators(after), "Conv BatchNormalization Relu Flatten Gemm");
  EXPECT_EQ(value_names(after), value_names(whole));
  EXPECT_EQ(after.initializers.size(), whole.initializers.size());
  expect_same_function(before, after);
}

TEST(RemoveUnused, RenumbersEveryKindOfReference) {
  Graph before;
  before.add_initializer("unread_first", {{1}, {1}});  // every id behind it moves
  const Graph chain = Chain({1, 2, 4, 3}).conv().norm().flatten().dropout().dense().graph;
  const ValueId shift = 1;
  before.name = chain.name;
  for (const Value& value : chain.values) before.values.push_back(value);
  for (const auto& [id, tensor] : chain.initializers) before.initializers.emplace(id + shift, tensor);
  for (Node node : chain.nodes) {
    for (ValueId* id : id_slots(node)) {
      if (*id != kNoValue) *id += shift;
    }
    before.nodes.push_back(node);
  }
  before.input = chain.input + shift;
  before.output = chain.output + shift;
  verify(before);
  remove_unused(before);
  EXPECT_EQ(value_names(before), value_names(chain));
  expect_same_function(chain, before);
}

TEST(RemoveUnused, KeepsAStateWhoseEndNobodyAsksForWhenTheBodyReadsIt) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const Graph& before : {random_gru(seed).graph, random_lstm(seed).graph}) {
      Graph after = before;
      remove_unused(after);
      ASSERT_NO_THROW(verify(after)) << "seed " << seed;
    }
  }
}

TEST(RemoveUnused, KeepsTheIdsOfAGraphWithoutAnythingUnused) {
  const Graph before = Chain({1, 5}).dense(false).relu().dense().graph;
  Graph after = before;
  remove_unused(after);
  EXPECT_EQ(value_names(after), value_names(before));
  EXPECT_EQ(after.input, before.input);
  EXPECT_EQ(after.output, before.output);
}

}  // namespace
}  // namespace qmn
