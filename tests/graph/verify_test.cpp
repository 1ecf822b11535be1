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

/// features 1x2x6x5 → recurrence over the 6 rows: s' = row + s → flatten
Graph scanned() {
  Graph g;
  g.name = "scanned";
  g.input = g.add_value("features", {1, 2, 6, 5});
  Scan scan;
  scan.name = "scan";
  scan.inputs = {{.outer = g.input, .body_in = g.add_value("row"), .axis = 2}};
  scan.states = {{.initial = g.add_initializer("start", testing::filled({1, 2, 5}, 0)), .body_in = g.add_value("state"), .body_out = g.add_value("sum")}};
  scan.body = {Add{.name = "add", .left = scan.inputs[0].body_in, .right = scan.states[0].body_in, .output = scan.states[0].body_out}};
  scan.states[0].final_out = g.add_value("last");
  scan.outputs = {{.body_out = scan.states[0].body_out, .outer = g.add_value("all"), .axis = 3}};
  Flatten flatten{.name = "flatten", .input = scan.outputs[0].outer, .output = g.add_value("logits")};
  g.output = flatten.output;
  g.nodes = {scan, flatten};
  infer_shapes(g);
  return g;
}

TEST(Verify, AScanSharesTheTablesOfItsGraph) {
  const Graph g = scanned();
  verify(g);
  EXPECT_EQ(g.shape(*g.find("row")), (Shape{1, 2, 5}));
  EXPECT_EQ(g.shape(*g.find("last")), (Shape{1, 2, 5}));
  EXPECT_EQ(g.shape(*g.find("all")), (Shape{1, 2, 5, 6}));
  const auto expect_scan_fault = [](const std::vector<std::string>& parts, const std::function<void(Graph&, Scan&)>& break_it) {
    Graph broken = scanned();
    break_it(broken, node_of<Scan>(broken));
    expect_error(ErrorKind::data, parts, [&] { verify(broken); });
  };
  expect_scan_fault({"Flatten flatten", "sum", "not defined before"}, [](Graph& b, Scan&) { node_of<Flatten>(b).input = *b.find("sum"); });
  expect_scan_fault({"Add add", "features", "not defined before"}, [](Graph& b, Scan& s) { std::get<Add>(s.body[0]).left = b.input; });
  expect_scan_fault({"Scan scan", "features", "not computed by its body"}, [](Graph& b, Scan& s) { s.states[0].body_out = b.input; });
  expect_scan_fault({"Scan scan", "a result of its body is missing"}, [](Graph&, Scan& s) { s.outputs[0].body_out = kNoValue; });
  expect_scan_fault({"Scan scan", "parameter is missing"}, [](Graph&, Scan& s) { s.states[0].initial = kNoValue; });
  expect_scan_fault({"Scan scan", "features is not a constant"}, [](Graph& b, Scan& s) { s.states[0].initial = b.input; });
  expect_scan_fault({"Scan scan", "input is missing"}, [](Graph&, Scan& s) { s.inputs.clear(); });
  expect_scan_fault({"Scan scan", "axis 0 is not between 1 and 3"}, [](Graph&, Scan& s) { s.inputs[0].axis = 0; });
  expect_scan_fault({"Scan scan", "row", "1x2x5", "1x2x6"}, [](Graph&, Scan& s) { s.inputs[0].axis = 3; });
  expect_scan_fault({"Scan scan", "no output"}, [](Graph&, Scan& s) { s.outputs.clear(), s.states[0].final_out = kNoValue; });
  expect_scan_fault({"Scan scan", "row", "defined twice"}, [](Graph&, Scan& s) { s.states[0].body_in = s.inputs[0].body_in; });
  expect_scan_fault({"two nodes", "flatten"}, [](Graph&, Scan& s) { std::get<Add>(s.body[0]).name = "flatten"; });
  expect_scan_fault({"Scan inner", "inside the body"}, [](Graph& b, Scan& s) {
    const Scan copy = s;
    s.body.insert(s.body.begin(), copy);
    auto& inner = std::get<Scan>(s.body[0]);
    inner.name = "inner";
    inner.inputs[0].outer = s.inputs[0].body_in;
    (void)b;
  });
  expect_scan_fault({"Scan scan", "start", "1 (for the batch)"}, [](Graph& b, Scan& s) {
    b.initializer(s.states[0].initial) = testing::filled({2, 2, 5}, 0);
    b.value(s.states[0].initial).shape = {2, 2, 5};
  });
}

TEST(Verify, OperandsOfElementwiseNodes) {
  const auto graph = [](Add add, const Shape& constant) {
    Graph g;
    g.input = g.add_value("x", {1, 3, 2, 2});
    add.name = "add", add.left = g.input;
    if (!constant.empty()) add.constant = g.add_initializer("c", testing::filled(constant, 1));
    add.output = g.output = g.add_value("y");
    g.nodes = {add};
    return g;
  };
  for (const Shape& fits : {Shape{1}, {1, 1, 1, 1}, {3, 1, 1}, {1, 3, 1, 1}}) {
    Graph g = graph({}, fits);
    infer_shapes(g);
    EXPECT_EQ(g.shape(g.output), (Shape{1, 3, 2, 2}));
  }
  for (const Shape& other : {Shape{3}, {2}, {1, 3}, {3, 2, 2}, {1, 1, 1, 1, 1}}) {
    Graph g = graph({}, other);
    expect_error(ErrorKind::data, {"Add add", "c has shape", "one a channel"}, [&] { infer_shapes(g); });
  }
  Graph none = graph({}, {});
  expect_error(ErrorKind::data, {"Add add", "input is missing"}, [&] { infer_shapes(none); });
  Graph both = graph({.name = {}, .right = 0}, {1});
  expect_error(ErrorKind::data, {"Add add", "both"}, [&] { infer_shapes(both); });
}

TEST(Verify, StoredShapesAreTheInferredOnes) {
  expect_fault({"Conv conv", "conv_out", "1x4x9x9", "1x4x3x5"}, [](Graph& g) { g.value(node_of<Conv2d>(g).output).shape = {1, 4, 9, 9}; });
  expect_fault({"features", "2x2x6x5", "batch"}, [](Graph& g) { g.value(g.input).shape[0] = 2; });
}

}  // namespace
}  // namespace qmn
