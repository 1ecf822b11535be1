// SPDX-License-Identifier: Apache-2.0
// Scan in files of other tools: what it means, and every way in which it can be wrong, by name.
#include "formats/onnx_text.h"
#include "support/reference_interpreter.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

using namespace testing::onnx_text;

/// x, 3 steps of 2 values, is summed up: s' = s + x. Each test changes one thing.
struct SumOverTime {
  std::string initial = floats("zero", {1, 2}, {0, 0});
  std::vector<std::string> inputs{"zero", "x"};
  std::vector<std::string> outputs{"y"};
  std::string body_inputs = value("input", "s", {1, 2}) + value("input", "step", {1, 2});
  std::string body = node("Add", {"s", "step"}, "next");
  std::string body_outputs = value("output", "next", {1, 2});
  std::string attributes = attribute("num_scan_inputs", std::int64_t{1}) + attribute("scan_input_axes", std::vector<std::int64_t>{1});
  std::string body_attribute = "body";
  std::string around;  ///< nodes in front of the Scan

  Text text() const {
    std::string scan = "node { op_type: 'Scan' name: 'loop' ";
    for (const std::string& input : inputs) scan += fmt::format("input: '{}' ", input);
    for (const std::string& output : outputs) scan += fmt::format("output: '{}' ", output);
    scan += attributes + fmt::format("attribute {{ name: '{}' type: GRAPH g {{ name: 'b' {} {} {} }} }} }}\n", body_attribute, body_inputs, body, body_outputs);
    return {.body = initial + around + scan, .input = {-1, 3, 2}};
  }
};

template <class Change>
void expect_scan_fault(const Change& change, const std::vector<std::string>& parts) {
  SumOverTime sum;
  change(sum);
  expect_fault(sum.text(), parts);
}

TEST(OnnxScanReader, StatesGoFromStepToStep) {
  EXPECT_EQ(reference::run(read(SumOverTime().text()).graph, std::vector<float>{1, 10, 2, 20, 3, 30}), (reference::Reals{6, 60}));
}

TEST(OnnxScanReader, AxesMayCountFromTheEnd) {
  SumOverTime sum;
  sum.attributes = attribute("num_scan_inputs", std::int64_t{1}) + attribute("scan_input_axes", std::vector<std::int64_t>{-2});
  EXPECT_EQ(reference::run(read(sum.text()).graph, std::vector<float>{1, 10, 2, 20, 3, 30}), (reference::Reals{6, 60}));
}

TEST(OnnxScanReader, AttributesBeyondTheSubsetAreRefused) {
  for (const char* directions : {"scan_input_directions", "scan_output_directions"}) {
    expect_scan_fault([&](SumOverTime& sum) { sum.attributes += attribute(directions, std::vector<std::int64_t>{1}); }, {"Scan loop", directions, "forward"});
  }
  expect_scan_fault([](SumOverTime& sum) { sum.attributes += attribute("unroll", std::int64_t{1}); }, {"Scan loop", "unroll"});
  expect_scan_fault([](SumOverTime& sum) { sum.body_attribute = "heart"; }, {"Scan loop", "body", "missing"});
  expect_scan_fault([](SumOverTime& sum) { sum.attributes = attribute("num_scan_inputs", std::int64_t{1}) + attribute("scan_input_axes", std::vector<std::int64_t>{1, 1}); },
                    {"Scan loop", "scan_input_axes", "2", "1"});
  expect_scan_fault([](SumOverTime& sum) { sum.attributes += attribute("scan_output_axes", std::vector<std::int64_t>{1}); }, {"Scan loop", "scan_output_axes", "1", "0"});
}

TEST(OnnxScanReader, InputsAndOutputsFitTheBody) {
  for (const std::int64_t count : {0, -1, 3}) {
    expect_scan_fault([&](SumOverTime& sum) { sum.attributes = attribute("num_scan_inputs", count); }, {"Scan loop", "2 inputs", fmt::format("({} scanned)", count)});
  }
  expect_scan_fault([](SumOverTime& sum) { sum.attributes.clear(); }, {"Scan loop", "(0 scanned)"});
  expect_scan_fault([](SumOverTime& sum) { sum.body_inputs = value("input", "s", {1, 2}); }, {"Scan loop", "a body with 1 and 1"});
  expect_scan_fault([](SumOverTime& sum) { sum.body_outputs += value("output", "s", {1, 2}); }, {"Scan loop", "a body with 2 and 2"});
  expect_scan_fault([](SumOverTime& sum) { sum.inputs = {"nothing", "x"}; }, {"Scan loop", "nothing"});
}

TEST(OnnxScanReader, ShapesAreChecked) {
  expect_scan_fault([](SumOverTime& sum) { sum.attributes = attribute("num_scan_inputs", std::int64_t{1}) + attribute("scan_input_axes", std::vector<std::int64_t>{3}); },
                    {"Scan loop", "3"});
  expect_scan_fault([](SumOverTime& sum) { sum.attributes = attribute("num_scan_inputs", std::int64_t{1}) + attribute("scan_input_axes", std::vector<std::int64_t>{-4}); },
                    {"Scan loop"});
  expect_scan_fault([](SumOverTime& sum) { sum.attributes = attribute("num_scan_inputs", std::int64_t{1}); }, {"Scan loop"});  // axis 0: the batch
  expect_scan_fault([](SumOverTime& sum) { sum.initial = floats("zero", {1, 3}, {0, 0, 0}); }, {"Add", "1x3", "1x2"});
  expect_scan_fault([](SumOverTime& sum) { sum.initial = floats("zero", {2}, {0, 0}); }, {"Scan loop", "initial state", "zero"});
  expect_scan_fault([](SumOverTime& sum) { sum.initial = floats("zero", {2, 2}, {0, 0, 0, 0}); }, {"Scan loop", "initial state", "zero", "2x2"});
  expect_scan_fault([](SumOverTime& sum) { sum.body += node("Concat", {"next", "next"}, "wide", attribute("axis", std::int64_t{1})), sum.body_outputs = value("output", "wide", {1, 4}); },
                    {"Scan loop", "state s of shape 1x2", "wide of shape 1x4"});
}

TEST(OnnxScanReader, NothingLeadsAroundTheBody) {
  expect_scan_fault([](SumOverTime& sum) { sum.around = node("Relu", {"x"}, "r"), sum.body = node("Add", {"s", "r"}, "next"); }, {"reads r from outside the body"});
  expect_scan_fault([](SumOverTime& sum) { sum.around = node("Relu", {"x"}, "r"), sum.body_outputs = value("output", "r", {1, 2}); }, {"Scan loop", "r from outside the body"});
  expect_scan_fault([](SumOverTime& sum) { sum.body_outputs = value("output", "zero", {1, 2}); }, {"Scan loop", "zero is no float32 result of its body"});
  expect_scan_fault([](SumOverTime& sum) { sum.body_outputs = value("output", "void", {1, 2}); }, {"void"});
  expect_scan_fault([](SumOverTime& sum) { sum.around = node("Relu", {"x"}, "r"), sum.inputs = {"r", "x"}; }, {"Scan loop", "r is computed, but a constant is needed"});
  SumOverTime after;
  after.outputs = {"total"};
  Text text = after.text();
  text.body += node("Relu", {"next"}, "y");
  expect_fault(text, {"Relu", "reads next from inside the body", "make it an output"});
}

TEST(OnnxScanReader, AScanInABodyIsRefused) {
  const std::string inner = SumOverTime().text().body;
  expect_scan_fault([&](SumOverTime& sum) {
    std::string nested = inner.substr(inner.find("node"));
    for (const auto& [from, to] : {std::pair{"'x'", "'step'"}, {"'y'", "'next'"}, {"'loop'", "'inner'"}}) {
      for (std::size_t at = nested.find(from); at != std::string::npos; at = nested.find(from, at + 1)) nested.replace(at, std::string(from).size(), to);
    }
    sum.body = nested;
  }, {"Scan inner", "inside the body"});
}

}  // namespace
}  // namespace qmn
