// SPDX-License-Identifier: Apache-2.0
#include "passes/chain.h"
#include "passes/passes.h"
#include "support/random_graph.h"

namespace qmn {
namespace {

using testing::Chain;
using testing::expect_same_function;
using testing::operators;
using testing::RandomGraph;

TEST(PrepareForInference, DropoutDoesNotStandInTheWayOfFolding) {
  const Graph before = Chain({1, 5}).dense().dropout().norm().dropout().relu().dropout().dense().graph;
  const Graph after = prepare_for_inference(before);
  EXPECT_EQ(operators(after), "Gemm+relu Gemm");
  expect_same_function(before, after);
}

TEST(PrepareForInference, RandomNetsComputeTheSameBeforeAndAfter) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const Graph before = RandomGraph(seed).make();
    const Graph after = prepare_for_inference(before);
    expect_same_function(before, after, seed);
    EXPECT_EQ(operators(after).find("Dropout"), std::string::npos);
  }
}

TEST(PrepareForInference, DoneTwiceIsDoneOnce) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    const Graph once = prepare_for_inference(RandomGraph(seed).make());
    const Graph twice = prepare_for_inference(once);
    EXPECT_EQ(operators(once), operators(twice));
    ASSERT_EQ(once.values.size(), twice.values.size());
    for (std::size_t i = 0; i < once.values.size(); ++i) {
      EXPECT_EQ(once.values[i].name, twice.values[i].name);
      EXPECT_EQ(once.values[i].shape, twice.values[i].shape);
    }
    ASSERT_EQ(once.initializers.size(), twice.initializers.size());
    for (const auto& [id, tensor] : once.initializers) EXPECT_EQ(tensor.data, twice.initializer(id).data);
  }
}

}  // namespace
}  // namespace qmn
