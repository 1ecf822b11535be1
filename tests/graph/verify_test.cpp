// SPDX-License-Identifier: Apache-2.0
#include "graph/nets.h"
#include "support/expect_error.h"
#include "support/random_graph.h"

#include <limits>

namespace qmn {
namespace {

using testing::every_operator;
using testing::expect_error;
using testing::node_of;

void expect_fault(const std::vector<std::string>& parts, const std::function<void(Graph&)>& break_it) {
  Graph g = every_operator();
  break_it(g);
  expect_error(ErrorKind::data, parts, [&] { verify(g); });
}

TEST(Verify, AcceptsWhatIsWhole) {
  verify(every_operator());
  for (std::uint64_t seed = 0; seed < 100; ++seed) verify(testing::RandomGraph(seed).make());
}

TEST(Verify, NamesAreUniqueAndPrintable) {
  expect_fault({"value 1", "no name"}, [](Graph& g) { g.values[1].name.clear(); });
  expect_fault({"two values", "conv_bias"}, [](Graph& g) { g.values[1].name = "conv_bias"; });
  expect_fault({"value 1", "control character"}, [](Graph& g) { g.values[1].name = "a\nb"; });
  expect_fault({"value 1", "300 bytes"}, [](Graph& g) { g.values[1].name = std::string(300, 'x'); });
  expect_fault({"node 0 (Conv)", "no name"}, [](Graph& g) { node_of<Conv2d>(g).name.clear(); });
  expect_fault({"two nodes", "relu"}, [](Graph& g) { node_of<Conv2d>(g).name = "relu"; });
}

TEST(Verify, EveryValueIsDefinedBeforeItsUseAndOnce) {
  expect_fault({"Relu relu", "norm_out", "not defined before"}, [](Graph& g) { std::swap(g.nodes[1], g.nodes[2]); });
  expect_fault({"Relu relu", "conv_out", "defined twice"}, [](Graph& g) { node_of<Relu>(g).output = node_of<Conv2d>(g).output; });
  expect_fault({"Conv conv", "features", "defined twice"}, [](Graph& g) { node_of<Conv2d>(g).output = g.input; });
  expect_fault({"Relu relu", "fc_bias", "initializer"}, [](Graph& g) { node_of<Relu>(g).output = node_of<FullyConnected>(g).bias; });
  expect_fault({"scores", "no node"}, [](Graph& g) { g.nodes.pop_back(); });
}

TEST(Verify, IdsAreInRange) {
  expect_fault({"no input"}, [](Graph& g) { g.input = kNoValue; });
  expect_fault({"no output"}, [](Graph& g) { g.output = 1000; });
  expect_fault({"Relu relu", "input is missing"}, [](Graph& g) { node_of<Relu>(g).input = -7; });
  expect_fault({"Softmax softmax", "no output"}, [](Graph& g) { node_of<Softmax>(g).output = 1 << 30; });
  expect_fault({"Gemm fc", "parameter is missing"}, [](Graph& g) { node_of<FullyConnected>(g).weight = kNoValue; });
  expect_fault({"Gemm fc", "parameter is missing"}, [](Graph& g) { node_of<FullyConnected>(g).bias = 1000; });
  expect_fault({"BatchNormalization norm", "parameter is missing"}, [](Graph& g) { node_of<BatchNorm>(g).mean = kNoValue; });
}

TEST(Verify, ParametersAreConstantsAndActivationsAreNot) {
  expect_fault({"Gemm fc", "features", "not a constant"}, [](Graph& g) { node_of<FullyConnected>(g).weight = g.input; });
  expect_fault({"Relu relu", "fc_bias", "is a constant"}, [](Graph& g) { node_of<Relu>(g).input = node_of<FullyConnected>(g).bias; });
  expect_fault({"features", "initializer too"}, [](Graph& g) { g.initializers.emplace(g.input, testing::filled({1, 2, 6, 5}, 0)); });
}

TEST(Verify, ParametersAreFiniteAndFillTheirShape) {
  expect_fault({"fc_weights", "nan", "index 2"},
               [](Graph& g) { g.initializer(node_of<FullyConnected>(g).weight).data[2] = std::numeric_limits<float>::quiet_NaN(); });
  expect_fault({"fc_bias", "inf"},
               [](Graph& g) { g.initializer(node_of<FullyConnected>(g).bias).data[0] = std::numeric_limits<float>::infinity(); });
  expect_fault({"fc_bias", "holds 2 numbers"}, [](Graph& g) { g.initializer(node_of<FullyConnected>(g).bias).data.pop_back(); });
  expect_fault({"fc_bias", "shape 3", "2"}, [](Graph& g) { g.value(node_of<FullyConnected>(g).bias).shape = {2}; });
  expect_fault({"norm", "variance -4"}, [](Graph& g) { g.initializer(node_of<BatchNorm>(g).variance).data[1] = -4; });
}

TEST(Verify, StoredShapesAreTheInferredOnes) {
  expect_fault({"Conv conv", "conv_out", "1x4x9x9", "1x4x3x5"}, [](Graph& g) { g.value(node_of<Conv2d>(g).output).shape = {1, 4, 9, 9}; });
  expect_fault({"features", "2x2x6x5", "batch"}, [](Graph& g) { g.value(g.input).shape[0] = 2; });
}

}  // namespace
}  // namespace qmn
