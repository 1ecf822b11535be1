// SPDX-License-Identifier: Apache-2.0
#include "graph/nets.h"
#include "graph/shape_rules.h"
#include "support/expect_error.h"

namespace qmn {
namespace {

using testing::every_operator;
using testing::expect_error;
using testing::filled;
using testing::node_of;

TEST(InferShapes, GivesEveryOperatorItsOnnxShape) {
  const Graph g = every_operator();
  const auto shape = [&](const char* name) { return to_string(g.shape(*g.find(name))); };
  EXPECT_EQ(shape("conv_out"), "1x4x3x5");  // height (6 + 0 + 1 - 3) / 2 + 1, width (5 + 1 + 1 - 3) + 1
  EXPECT_EQ(shape("norm_out"), "1x4x3x5");
  EXPECT_EQ(shape("relu_out"), "1x4x3x5");
  EXPECT_EQ(shape("pool_out"), "1x4x1x1");
  EXPECT_EQ(shape("flatten_out"), "1x4");
  EXPECT_EQ(shape("logits"), "1x3");
  EXPECT_EQ(shape("scores"), "1x3");
}

/// All small windows, against counting the places where the window fits.
TEST(InferShapes, CountsThePlacesOfTheWindow) {
  for (std::int64_t in = 1; in <= 8; ++in) {
    for (std::int64_t kernel = 1; kernel <= 3; ++kernel) {
      for (std::int64_t stride = 1; stride <= 3; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
          for (std::int64_t pad = 0; pad <= 2; ++pad) {
            std::int64_t places = 0;
            for (std::int64_t start = -pad; start + dilation * (kernel - 1) < in + 1; start += stride) ++places;  // one padding behind
            Graph g;
            g.input = g.add_value("in", {1, 1, in, 1});
            Conv2d conv{.name = "conv", .input = g.input};
            conv.weight = g.add_initializer("w", filled({1, 1, kernel, 1}, 1));
            conv.output = g.output = g.add_value("out");
            conv.strides = {stride, 1};
            conv.dilations = {dilation, 1};
            conv.pads = {pad, 0, 1, 0};
            g.nodes = {conv};
            if (places == 0) {
              expect_error(ErrorKind::data, {"Conv conv", "padded input"}, [&] { infer_shapes(g); });
            } else {
              infer_shapes(g);
              EXPECT_EQ(g.shape(g.output), (Shape{1, 1, places, 1}))
                  << in << " " << kernel << " " << stride << " " << dilation << " " << pad;
            }
          }
        }
      }
    }
  }
}

TEST(InferShapes, NamesTheNodeAndTheShapesThatDoNotFit) {
  Graph g = every_operator();
  node_of<Conv2d>(g).groups = 3;
  expect_error(ErrorKind::data, {"Conv conv", "3 groups", "2 input"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<Conv2d>(g).groups = 0;
  expect_error(ErrorKind::data, {"Conv conv", "0 groups"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<Conv2d>(g).groups = 1;
  expect_error(ErrorKind::data, {"Conv conv", "4x1x3x3", "1x2x6x5"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<Conv2d>(g).strides = {0, 1};
  expect_error(ErrorKind::data, {"Conv conv", "stride 0"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<Conv2d>(g).pads = {0, -1, 0, 0};
  expect_error(ErrorKind::data, {"Conv conv", "padding -1"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<Conv2d>(g).dilations = {INT64_MAX, 1};
  expect_error(ErrorKind::data, {"Conv conv", "dilation"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<AveragePool2d>(g).pads = {0, 0, 3, 0};
  expect_error(ErrorKind::data, {"AveragePool pool", "padding 3", "kernel of 3"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<AveragePool2d>(g).kernel = {4, 5};
  expect_error(ErrorKind::data, {"AveragePool pool", "spans 4 in height", "only 3"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<FullyConnected>(g).weight = node_of<Conv2d>(g).bias;
  expect_error(ErrorKind::data, {"Gemm fc", "conv_bias", "out x 4"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<BatchNorm>(g).mean = node_of<FullyConnected>(g).bias;
  expect_error(ErrorKind::data, {"BatchNormalization norm", "mean fc_bias", "4 is needed"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<BatchNorm>(g).epsilon = -1;
  expect_error(ErrorKind::data, {"BatchNormalization norm", "epsilon -1"}, [&] { infer_shapes(g); });
  g = every_operator();
  node_of<Dropout>(g).ratio = 1;
  expect_error(ErrorKind::data, {"Dropout dropout", "ratio 1"}, [&] { infer_shapes(g); });
}

TEST(InferShapes, RefusesTensorsBeyondTheLimit) {
  Graph g = every_operator();
  node_of<Conv2d>(g).pads = {0, 1 << 13, 1 << 13, 1};
  expect_error(ErrorKind::data, {"Conv conv", "more than 16777216 elements"}, [&] { infer_shapes(g); });
  g.value(g.input).shape = {1, std::int64_t{1} << 62, std::int64_t{1} << 62, 4};
  expect_error(ErrorKind::data, {"features", "more than 16777216 elements"}, [&] { infer_shapes(g); });
  g.value(g.input).shape = {1, 0, 3, 3};
  expect_error(ErrorKind::data, {"features", "1x0x3x3"}, [&] { infer_shapes(g); });
}

}  // namespace
}  // namespace qmn
