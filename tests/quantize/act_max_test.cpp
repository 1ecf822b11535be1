// SPDX-License-Identifier: Apache-2.0
#include "models/models.h"
#include "passes/passes.h"
#include "quantize/quantize.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <limits>

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

TEST(ActMaxFormats, ZeroIsFloatAndAPowerOfTwoIsItsFormat) {
  const Graph graph = published("dnn", "s");
  const auto order = act_max_order(graph);
  const auto formats = act_max_formats(graph, {32, 0, 0.5, 0, 128});
  EXPECT_EQ(formats.at(order[0]), (QFormat{8, 2}));
  EXPECT_FALSE(formats.contains(order[1]));
  EXPECT_EQ(formats.at(order[2]), (QFormat{8, 8}));
  EXPECT_EQ(formats.at(order[4]), (QFormat{8, 0}));
  EXPECT_EQ(formats.size(), 4u) << "the flattened input shares the input's format";
}

void expect_usage_error(const std::vector<double>& act_max, const std::vector<std::string>& parts) {
  const Graph graph = published("dnn", "s");
  try {
    act_max_formats(graph, act_max);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    for (const std::string& part : parts) EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(ActMaxFormats, AWrongCountSaysHowManyAndWhichInOrder) {
  const Graph graph = published("dnn", "s");
  std::vector<std::string> parts{"4 values", "5 activations"};
  for (const ValueId value : act_max_order(graph)) parts.push_back(graph.value(value).name);
  expect_usage_error({32, 0, 0, 0}, parts);
}

TEST(ActMaxFormats, OnlyPowersOfTwoAreAccepted) {
  expect_usage_error({30, 0, 0, 0, 0}, {"30", "power of two"});
  expect_usage_error({-32, 0, 0, 0, 0}, {"-32", "power of two"});
  expect_usage_error({32, 0, 0, std::numeric_limits<double>::quiet_NaN(), 0}, {"power of two"});
}

}  // namespace
}  // namespace qmn
