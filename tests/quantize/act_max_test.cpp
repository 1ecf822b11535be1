// SPDX-License-Identifier: Apache-2.0
#include "models/models.h"
#include "passes/passes.h"
#include "quantize/quantize.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

Graph published(const std::string& architecture, const std::string& size) {
  return prepare_for_inference(build_model(architecture, published_size_info(architecture, size), published_front_end(architecture), 12, 1));
}

TEST(ActMaxOrder, OfDnnSIsInputThreeLayersAndLogits) {
  const Graph graph = published("dnn", "s");
  const auto order = act_max_order(graph);
  ASSERT_EQ(order.size(), 5u);
  EXPECT_EQ(order.front(), graph.input);
  EXPECT_EQ(order.back(), graph.output);
}

TEST(ActMaxOrder, OfDsCnnSIsInputConv1FourPairsPoolAndLogits) {
  const Graph graph = published("ds_cnn", "s");
  const auto order = act_max_order(graph);
  ASSERT_EQ(order.size(), 12u);
  EXPECT_EQ(order.front(), graph.input);
  EXPECT_EQ(order.back(), graph.output);
  EXPECT_EQ(graph.shape(order[10]), (Shape{1, 64, 1, 1})) << "the pool stands before the logits";
  EXPECT_EQ(graph.shape(order[1]), (Shape{1, 64, 25, 5}));
}

}  // namespace
}  // namespace qmn
