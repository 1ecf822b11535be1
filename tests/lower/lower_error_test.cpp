// SPDX-License-Identifier: Apache-2.0
// What lowering refuses: each message names the node and the number that broke the rule.
#include "lower/lower.h"

#include "base/error.h"
#include "net_builder.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

void expect_error(const Model& model, const std::vector<std::string>& parts) {
  try {
    lower(model);
    ADD_FAILURE() << "it was lowered";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_EQ(message.find('\n'), std::string::npos);
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
  }
}

NetBuilder dense_net(const NetBuilder::Layer& layer, QFormat input_format = {8, 4}) {
  NetBuilder net({1, 2}, input_format);
  net.fully_connected(layer, 1);
  return net;
}

TEST(LowerErrors, AModelWithoutQuantization) {
  Model model = dense_net({.weights = {1, 1}}).build();
  model.quantization.reset();
  expect_error(model, {"net", "not quantized"});
}

TEST(LowerErrors, AnInputWithoutAFormat) {
  NetBuilder net({1, 2}, std::nullopt);
  net.fully_connected({.weights = {1, 1}}, 1);
  expect_error(net.build(), {"input", "no fixed-point format"});
}

TEST(LowerErrors, AnOutputWeightOrBiasWithoutAFormat) {
  expect_error(dense_net({.name = "fc", .weights = {1, 1}, .format = std::nullopt}).build(),
               {"Gemm fc", "fc.out", "no fixed-point format"});
  for (const std::string value : {"fc.weight", "fc.bias"}) {
    NetBuilder net = dense_net({.name = "fc", .weights = {1, 1}, .bias = {1}});
    net.quantization().formats.erase(*net.graph().find(value));
    expect_error(net.build(), {"Gemm fc", value, "no fixed-point format"});
  }
}

TEST(LowerErrors, ANegativeOutShift) {
  expect_error(dense_net({.name = "fc", .weights = {1, 1}, .weight_format = {8, 2}, .format = QFormat{8, 7}}).build(),
               {"Gemm fc", "out_shift would be -1", "Q3.4 x Q5.2 to Q0.7", "-24 to 6 fractional bits"});
}

TEST(LowerErrors, AnOutShiftBeyondTheLimit) {
  expect_error(dense_net({.name = "fc", .weights = {0, 0}, .weight_format = {8, 30}, .format = QFormat{8, 3}}).build(),
               {"Gemm fc", "out_shift would be 31"});
}

TEST(LowerErrors, ANegativeBiasShift) {
  expect_error(dense_net({.name = "fc", .weights = {1, 1}, .weight_format = {8, 2}, .bias = {0.1f}, .bias_format = {8, 9}}).build(),
               {"Gemm fc", "fc.bias", "9 fractional bits", "bias_shift would be -3", "at most 6"});
}

TEST(LowerErrors, ABiasShiftBeyondTheLimit) {
  expect_error(dense_net({.name = "fc", .weights = {0, 0}, .weight_format = {8, 20}, .bias = {1000}, .bias_format = {8, -9}}).build(),
               {"Gemm fc", "fc.bias", "33", "at most 30"});
}

TEST(LowerErrors, A32BitBiasOffTheAccumulatorScale) {
  expect_error(dense_net({.name = "fc", .weights = {1, 1}, .weight_format = {8, 2}, .bias = {0.1f}, .bias_format = {32, 9}}).build(),
               {"Gemm fc", "fc.bias", "9 fractional bits", "accumulator's 6"});
}

TEST(LowerErrors, WidthsWithoutAKernel) {
  expect_error(dense_net({.name = "fc", .weights = {1, 1}, .format = QFormat{32, 3}}).build(), {"fc.out", "32 bits", "8 or 16"});
  expect_error(dense_net({.name = "fc", .weights = {1, 1}, .weight_format = {16, 3}}).build(), {"Gemm fc", "fc.weight", "16 bits"});
  expect_error(dense_net({.name = "fc", .weights = {1, 1}, .bias = {1}, .bias_format = {16, 3}}).build(),
               {"Gemm fc", "fc.bias", "16 bits"});
}

TEST(LowerErrors, GroupsThatAreNeitherOneNorDepthwise) {
  NetBuilder net({1, 4, 2, 2});
  Conv2d attributes;
  attributes.groups = 2;
  net.conv({.name = "grouped", .weights = ramp(8, 0, 0.1f)}, {4, 2, 1, 1}, attributes);
  expect_error(net.build(), {"Conv grouped", "2 groups of 4 input channels"});
}

TEST(LowerErrors, OperatorsWithoutAKernel) {
  NetBuilder dropout({1, 2});
  expect_error(dropout.unary<Dropout>("drop", QFormat{8, 4}).build(), {"Dropout drop", "no integer kernel"});
  NetBuilder norm({1, 2, 1, 1});
  expect_error(norm.batch_norm(2).build(), {"BatchNormalization norm", "no integer kernel"});
}

TEST(LowerErrors, AFullyConnectedThatCouldOverflowInt32) {
  // 131072 · 128 · 127 = 2130706432 fits, 133000 · 128 · 127 = 2162048000 does not.
  for (const std::int64_t count : {131072, 133000}) {
    NetBuilder net({1, count}, QFormat{8, 7});
    net.fully_connected({.name = "wide",
                         .weights = std::vector<float>(static_cast<std::size_t>(count), 1.0f),
                         .weight_format = {8, 7},
                         .format = QFormat{8, 0}},
                        1);
    if (count == 131072)
      EXPECT_NO_THROW(lower(net.build()));
    else
      expect_error(net.build(), {"Gemm wide", "2162056192", "output channel 0", "2147483647"});
  }
}

TEST(LowerErrors, ABiasThatCouldOverflowInt32) {
  expect_error(dense_net({.name = "fc", .weights = {0, 0}, .weight_format = {8, 21}, .bias = {100}, .bias_format = {8, 0}}).build(),
               {"Gemm fc", "beyond the 2147483647"});
}

TEST(LowerErrors, AConvolutionThatCouldOverflowInt32) {
  NetBuilder net({1, 1, 2, 2}, QFormat{8, 12});
  net.conv({.name = "conv", .weights = {0, 0}, .weight_format = {8, 13}, .bias = {1, 100}, .bias_format = {8, 0}, .format = QFormat{8, 0}},
           {2, 1, 1, 1});
  expect_error(net.build(), {"Conv conv", "output channel 1"});
}

TEST(LowerErrors, AnAveragePoolThatCouldOverflowInt32) {
  NetBuilder net({1, 1, 10, 10}, QFormat{8, 0});
  net.pool({.name = "pool", .kernel = {10, 10}}, QFormat{8, 20});
  expect_error(net.build(), {"AveragePool pool", "window of 100 values"});
}

TEST(LowerErrors, ASoftmaxOverMoreThanOneRow) {
  NetBuilder net({1, 3, 2, 2});
  expect_error(net.unary<Softmax>("soft", std::nullopt).build(), {"Softmax soft", "1x3x2x2", "one row"});
}

TEST(LowerErrors, ASoftmaxWithAFormatOfItsOwn) {
  NetBuilder net({1, 3});
  expect_error(net.unary<Softmax>("soft", QFormat{8, 5}).build(), {"Softmax soft", "Q2.5", "Q0.7"});
}

TEST(LowerErrors, AnOutputThatIsAnImage) {
  NetBuilder net({1, 2, 3, 3});
  expect_error(net.unary<Relu>("relu", QFormat{8, 4}).build(), {"relu.out", "2 channels of 3x3", "one row"});
  net.unary<Flatten>("flatten", std::nullopt);
  expect_error(net.build(), {"flatten.out", "one row"});
}

TEST(LowerErrors, AValueThatIsNeitherAnImageNorARow) {
  NetBuilder net({1, 3, 2, 2, 1});
  expect_error(net.unary<Relu>("relu", QFormat{8, 4}).build(), {"input", "1x3x2x2x1", "1xCxHxW, 1xTxN or 1xN"});
}

TEST(LowerErrors, ABrokenGraphIsFoundBeforeAnythingElse) {
  Model model = dense_net({.name = "fc", .weights = {1, 1}}).build();
  model.graph.value(model.graph.output).shape = {1, 7};
  EXPECT_THROW(lower(model), Error);
}

}  // namespace
}  // namespace qmn
