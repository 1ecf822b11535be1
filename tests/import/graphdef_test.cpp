// SPDX-License-Identifier: Apache-2.0
// What a GraphDef becomes: layouts, padding, constants, front end; and what is said of one that cannot be imported.
#include "formats/graphdef_format.h"
#include "import/foreign.h"
#include "import/graphdef_builder.h"
#include "support/expect_error.h"
#include "support/reference_interpreter.h"

#include <cmath>
#include <limits>

namespace qmn {
namespace {

using testing::expect_error;
using testing::GraphDefBuilder;

Model import_graph(const GraphDefBuilder& graph) {
  std::vector<std::string> notes;
  return model_of(parse_graphdef(graph.bytes(), "net.pb"), notes);
}

/// 1, 2, 3, … scaled.
std::vector<float> ramp(std::size_t count, float scale = 0.1f) {
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(scale * static_cast<float>(static_cast<int>(i * 7 % 11) - 5));
  return out;
}

void expect_refused(const GraphDefBuilder& graph, const std::vector<std::string>& parts) {
  expect_error(ErrorKind::data, parts, [&] { import_graph(graph); });
}

TEST(GraphDef, AConvolutionWithSamePaddingAndAFlattenedMatMulComputeWhatTheFileSays) {
  // 4 x 3 x 2 image, kernel 2 x 2, stride 2: SAME pads one column at the end. By hand, straight in NHWC.
  GraphDefBuilder g;
  g.placeholder("x", {-1, 4, 3, 2});
  const std::vector<float> kernel = ramp(2 * 2 * 2 * 3), dense = ramp(2 * 2 * 3 * 2), bias{0.5f, -0.25f, 1};
  g.reals("w", {2, 2, 2, 3}, kernel);
  g.reals("b", {3}, bias);
  auto& conv = g.node("Conv2D", "conv", {"x", "w"});
  GraphDefBuilder::set_text(conv, "padding", "SAME");
  GraphDefBuilder::set_list(conv, "strides", {1, 2, 2, 1});
  g.node("BiasAdd", "biased", {"conv", "b"});
  g.node("Relu", "relu", {"biased"});
  g.integers("shape", {-1, 12});
  g.node("Reshape", "flat", {"relu", "shape"});
  g.reals("v", {12, 2}, dense);
  g.node("MatMul", "out", {"flat", "v"});
  const Model model = import_graph(g);
  EXPECT_EQ(model.graph.shape(model.graph.input), (Shape{1, 2, 4, 3}));

  const std::vector<float> image = ramp(24, 0.3f);
  std::vector<double> flat;
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 2; ++x) {
      for (std::size_t o = 0; o < 3; ++o) {
        double sum = static_cast<double>(bias[o]);
        for (int ky = 0; ky < 2; ++ky) {
          for (int kx = 0; kx < 2; ++kx) {
            for (int c = 0; c < 2; ++c) {
              if (2 * x + kx >= 3) continue;
              sum += static_cast<double>(image[static_cast<std::size_t>(((2 * y + ky) * 3 + 2 * x + kx) * 2 + c)]) *
                     static_cast<double>(kernel[static_cast<std::size_t>(((ky * 2 + kx) * 2 + c) * 3) + o]);
            }
          }
        }
        flat.push_back(std::max(0.0, sum));
      }
    }
  }
  std::vector<float> chw;
  for (std::size_t c = 0; c < 2; ++c) {
    for (std::size_t i = 0; i < 12; ++i) chw.push_back(image[i * 2 + c]);
  }
  const reference::Reals got = reference::run(model.graph, chw);
  ASSERT_EQ(got.size(), 2u);
  for (std::size_t o = 0; o < 2; ++o) {
    double expected = 0;
    for (std::size_t i = 0; i < 12; ++i) expected += flat[i] * static_cast<double>(dense[i * 2 + o]);
    EXPECT_NEAR(got[o], expected, 1e-6);
  }
}

TEST(GraphDef, SplatsFillTheirShapeAndAnUnfusedBatchNormGoesIntoTheLayer) {
  GraphDefBuilder g;
  g.placeholder("x", {1, 3});
  g.reals("w", {3, 2}, {0.5f});
  g.node("MatMul", "dense", {"x", "w"});
  g.reals("variance", {2}, {4, 16});
  g.reals("epsilon", {}, {0});
  g.node("Add", "v", {"variance", "epsilon"});
  g.node("Rsqrt", "r", {"v"});
  g.node("Mul", "scaled", {"dense", "r"});
  g.reals("beta", {2}, {1, -1});
  g.node("Add", "out", {"scaled", "beta"});
  const Model model = import_graph(g);
  ASSERT_EQ(model.graph.nodes.size(), 1u);
  const reference::Reals got = reference::run(model.graph, std::vector<float>{1, 2, 3});
  EXPECT_NEAR(got[0], 3 * 0.5 + 1, 1e-6);
  EXPECT_NEAR(got[1], 3 * 0.25 - 1, 1e-6);
}

TEST(GraphDef, AGraphFromWavBytesBringsItsFrontEnd) {
  GraphDefBuilder g;
  (*g.node("Placeholder", "wav").mutable_attr())["dtype"].set_type(7);
  auto& decode = g.node("DecodeWav", "decode", {"wav"});
  (*decode.mutable_attr())["desired_channels"].set_i(1);
  (*decode.mutable_attr())["desired_samples"].set_i(8000);
  auto& spectrogram = g.node("AudioSpectrogram", "spectrogram", {"decode"});
  (*spectrogram.mutable_attr())["window_size"].set_i(480);
  (*spectrogram.mutable_attr())["stride"].set_i(160);
  (*spectrogram.mutable_attr())["magnitude_squared"].set_b(true);
  auto& mfcc = g.node("Mfcc", "mfcc", {"spectrogram", "decode:1"});
  (*mfcc.mutable_attr())["dct_coefficient_count"].set_i(12);
  (*mfcc.mutable_attr())["filterbank_channel_count"].set_i(32);
  (*mfcc.mutable_attr())["lower_frequency_limit"].set_f(50);
  (*mfcc.mutable_attr())["upper_frequency_limit"].set_f(7000);
  g.integers("shape", {-1, 48 * 12});
  g.node("Reshape", "flat", {"mfcc", "shape"});
  g.reals("w", {48 * 12, 2}, {1});
  g.node("MatMul", "dense", {"flat", "w"});
  g.node("Softmax", "out", {"dense"});
  const Model model = import_graph(g);
  const FrontEndSettings& f = model.metadata.front_end;
  EXPECT_EQ(f, (FrontEndSettings{.clip_samples = 8000, .window_samples = 480, .hop_samples = 160, .coefficient_count = 12, .mel_bands = 32,
                                 .lower_hz = 50, .upper_hz = 7000, .coefficient_shifts = {}}));
  EXPECT_EQ(model.graph.shape(model.graph.input), (Shape{1, 1, 48, 12}));
  EXPECT_STREQ(op_type(model.graph.nodes.back()), "Gemm") << "the Softmax at the end is left out";

  (*spectrogram.mutable_attr())["magnitude_squared"].set_b(false);
  expect_refused(g, {"net.pb", "AudioSpectrogram spectrogram", "magnitude_squared"});
}

TEST(GraphDef, EveryNodeThatCannotBeImportedIsNamedAtOnce) {
  GraphDefBuilder g;
  g.placeholder("x", {1, 8, 8, 3});
  g.node("Elu", "a", {"x"});
  g.node("LeakyRelu", "b", {"x"});
  g.node("Add", "sum", {"a", "b"});
  g.node("MatrixInverse", "inverse", {"sum"});
  g.node("Relu", "out", {"inverse"});
  try {
    import_graph(g);
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    for (const char* part : {"2 nodes cannot be imported", "tensorflow.Elu a", "LeakyRelu b", "train with Relu"}) EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  GraphDefBuilder h;
  h.placeholder("x", {1, 4});
  h.node("MatrixInverse", "inverse", {"x"});
  expect_refused(h, {"tensorflow.MatrixInverse inverse", "not supported", "--list-operators"});
}

TEST(GraphDef, BrokenGraphsEndInOneLine) {
  const auto with_input = [] {
    GraphDefBuilder g;
    g.placeholder("x", {1, 4});
    return g;
  };
  GraphDefBuilder cyclic = with_input();
  cyclic.node("Add", "a", {"x", "b"});
  cyclic.node("Relu", "b", {"a"});
  cyclic.node("Relu", "out", {"b"});
  expect_refused(cyclic, {"net.pb", "depends on itself"});

  GraphDefBuilder missing = with_input();
  missing.node("Add", "out", {"x", "nowhere"});
  expect_refused(missing, {"Add out", "nowhere", "no node"});

  GraphDefBuilder twice = with_input();
  twice.node("Relu", "x", {"x"});
  expect_refused(twice, {"x is defined twice"});

  GraphDefBuilder two_ends = with_input();
  two_ends.node("Relu", "first", {"x"});
  two_ends.node("Tanh", "second", {"x"});
  expect_refused(two_ends, {"outputs first, second", "--output"});

  GraphDefBuilder huge = with_input();
  huge.reals("w", {1 << 24, 1 << 24}, {1});
  huge.node("Add", "out", {"x", "w"});
  expect_refused(huge, {"tensor w", "more than"});

  GraphDefBuilder bomb = with_input();  // each splat is within the limit, all together are not
  std::string last = "x";
  for (int i = 0; i < 5; ++i) {
    const std::string name = "w" + std::to_string(i);
    bomb.reals(name, {1 << 23}, {1});
    bomb.node("Add", "a" + std::to_string(i), {last, name});
    last = "a" + std::to_string(i);
  }
  expect_refused(bomb, {"elements together"});

  GraphDefBuilder not_a_number = with_input();
  not_a_number.reals("w", {4, 2}, {std::numeric_limits<float>::quiet_NaN()});
  not_a_number.node("MatMul", "out", {"x", "w"});
  expect_refused(not_a_number, {"nan"});

  GraphDefBuilder short_constant = with_input();
  auto& tensor = *(*short_constant.node("Const", "w").mutable_attr())["value"].mutable_tensor();
  tensor.set_dtype(1);
  tensor.mutable_tensor_shape()->add_dim()->set_size(4);
  tensor.set_tensor_content("12345678");
  short_constant.node("Add", "out", {"x", "w"});
  expect_refused(short_constant, {"tensor w of shape 4 holds 2 numbers"});

  GraphDefBuilder training = with_input();
  for (const char* name : {"g", "o", "m", "v"}) training.reals(name, {4}, {1});
  (*training.node("FusedBatchNorm", "out", {"x", "g", "o", "m", "v"}).mutable_attr())["is_training"].set_b(true);
  expect_refused(training, {"FusedBatchNorm out", "is_training"});

  expect_error(ErrorKind::data, {"net.pb", "truncated"}, [&] { parse_graphdef(with_input().bytes().substr(0, 20), "net.pb"); });
  expect_error(ErrorKind::data, {"net.pb", "empty"}, [&] { parse_graphdef("", "net.pb"); });
  expect_error(ErrorKind::data, {"net.pb", "no node nowhere", "--output"}, [&] { parse_graphdef(with_input().bytes(), "net.pb", "nowhere"); });
}

TEST(GraphDef, WhatMixesTheClipsOfABatchIsRefused) {
  GraphDefBuilder g;
  g.placeholder("x", {4, 6});
  g.integers("shape", {1, -1, 6});
  g.node("Reshape", "rows", {"x", "shape"});
  g.node("Relu", "out", {"rows"});
  expect_refused(g, {"the clips of a batch are mixed"});
}

}  // namespace
}  // namespace qmn
