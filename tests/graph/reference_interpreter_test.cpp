// SPDX-License-Identifier: Apache-2.0
// The interpreter is an oracle for other tests; here it meets numbers worked out by hand.
#include "graph/nets.h"
#include "support/reference_interpreter.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(ReferenceInterpreter, AgreesWithTheNetWorkedOutByHand) {
  const Graph g = testing::every_operator();
  const std::vector<float> ones(60, 1.0f);
  const auto values = reference::run_all(g, ones);
  const auto value = [&](const char* name) { return values.at(*g.find(name)); };
  // Rows 0-2, 2-4, 4-6 (the last one padding); columns with one padding on each side: 9·0.5 + 0.25 inside, 6 taps at an edge, 4 in the
  // corner.
  const reference::Reals expected{3.25, 4.75, 4.75, 4.75, 3.25, 3.25, 4.75, 4.75, 4.75, 3.25, 2.25, 3.25, 3.25, 3.25, 2.25};
  const reference::Reals conv = value("conv_out");
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(conv[i], expected[i]) << i;
  EXPECT_NEAR(value("norm_out")[1], 2 * (4.75 - 3) / std::sqrt(4 + 1e-3) + 1, 1e-6);
  EXPECT_DOUBLE_EQ(value("logits")[0], 4 * 0.125 * value("pool_out")[0] - 1);
  EXPECT_DOUBLE_EQ(value("scores")[2], 1.0 / 3);
}

TEST(ReferenceInterpreter, AveragesOnlyWhatLiesInsideTheImage) {
  Graph g;
  g.input = g.add_value("in", {1, 1, 2, 2});
  g.output = g.add_value("out");
  g.nodes = {
      AveragePool2d{.name = "pool", .input = g.input, .output = g.output, .kernel = {2, 2}, .strides = {1, 1}, .pads = {1, 0, 0, 1}}};
  infer_shapes(g);
  EXPECT_EQ(reference::run(g, std::vector<float>{1, 2, 3, 5}), (reference::Reals{1.5, 2, 2.75, 3.5}));
}

}  // namespace
}  // namespace qmn
