// SPDX-License-Identifier: Apache-2.0
// LSTM and GRU of ONNX, with weights that differ in every gate, against their definition written out here.
#include "base/random.h"
#include "formats/onnx_draft.h"
#include "import/foreign.h"
#include "support/reference_interpreter.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <cmath>

namespace qmn {
namespace {

constexpr std::size_t kSteps = 4, kInputs = 3, kHidden = 2;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// A net of one recurrent layer whose output is the last h; its parameters stay at hand.
struct RecurrentNet {
  std::vector<float> w, r, b, p;
  onnx::ModelProto model;

  RecurrentNet(const char* op, std::size_t gates, bool is_linear_before_reset) {
    Random random{5};
    const auto draw = [&](std::size_t count) {
      std::vector<float> out;
      for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<float>(random.uniform_int(2001)) / 1000.0f - 1.0f);
      return out;
    };
    w = draw(gates * kHidden * kInputs), r = draw(gates * kHidden * kHidden), b = draw(2 * gates * kHidden), p = draw(3 * kHidden);
    model.set_ir_version(7);
    model.add_opset_import()->set_version(14);
    onnx::GraphProto& graph = *model.mutable_graph();
    const auto tensor = [&](const char* name, const std::vector<std::size_t>& shape, const std::vector<float>& numbers) {
      onnx::TensorProto& out = *graph.add_initializer();
      out.set_name(name);
      out.set_data_type(onnx::TensorProto::FLOAT);
      for (const std::size_t extent : shape) out.add_dims(static_cast<std::int64_t>(extent));
      for (const float number : numbers) out.add_float_data(number);
    };
    tensor("w", {1, gates * kHidden, kInputs}, w);
    tensor("r", {1, gates * kHidden, kHidden}, r);
    tensor("b", {1, 2 * gates * kHidden}, b);
    tensor("p", {1, 3 * kHidden}, p);
    onnx::ValueInfoProto& x = *graph.add_input();
    x.set_name("x");
    x.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::size_t extent : {kSteps, std::size_t{1}, kInputs})
      x.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(static_cast<std::int64_t>(extent));
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type(op);
    node.set_name("layer");
    for (const char* input : {"x", "w", "r", "b"}) node.add_input(input);
    if (gates == 4) {
      for (const char* input : {"", "", "", "p"}) node.add_input(input);
    }
    node.add_output("");
    node.add_output("y_h");
    const auto attribute = [&](const char* name, std::int64_t number) {
      onnx::AttributeProto& out = *node.add_attribute();
      out.set_name(name);
      out.set_type(onnx::AttributeProto::INT);
      out.set_i(number);
    };
    attribute("hidden_size", kHidden);
    if (is_linear_before_reset) attribute("linear_before_reset", 1);
    graph.add_output()->set_name("y_h");
  }

  /// W·x + R·h + both biases of unit `u` of a gate; without R when `h` is empty.
  double linear(std::size_t gate, std::size_t u, const double* x, const std::vector<double>& h) const {
    const std::size_t row = gate * kHidden + u;
    double sum = static_cast<double>(b[row]) + static_cast<double>(b[w.size() / kInputs + row]);
    for (std::size_t i = 0; i < kInputs; ++i) sum += static_cast<double>(w[row * kInputs + i]) * x[i];
    for (std::size_t i = 0; i < h.size(); ++i) sum += static_cast<double>(r[row * kHidden + i]) * h[i];
    return sum;
  }
};

std::vector<float> clip() {
  std::vector<float> out;
  for (std::size_t i = 0; i < kSteps * kInputs; ++i) out.push_back(static_cast<float>(i * 5 % 7) * 0.4f - 1.0f);
  return out;
}

void expect_last_h(const RecurrentNet& net, const std::vector<double>& expected) {
  std::vector<std::string> notes;
  const Model model = model_of(parse_onnx_draft(net.model.SerializeAsString(), "net.onnx"), notes);
  const reference::Reals got = reference::run(model.graph, clip());
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6) << i;
}

TEST(Recurrent, AnLstmWithPeepholesComputesItsDefinition) {
  const RecurrentNet net("LSTM", 4, false);  // gates i, o, f, c; peepholes i, o, f
  const std::vector<float> input = clip();
  std::vector<double> h(kHidden, 0), c(kHidden, 0);
  for (std::size_t t = 0; t < kSteps; ++t) {
    const std::vector<double> x(input.begin() + static_cast<std::ptrdiff_t>(t * kInputs), input.begin() + static_cast<std::ptrdiff_t>((t + 1) * kInputs));
    std::vector<double> new_h(kHidden), new_c(kHidden);
    for (std::size_t u = 0; u < kHidden; ++u) {
      const auto peephole = [&](std::size_t which, double cell) { return static_cast<double>(net.p[which * kHidden + u]) * cell; };
      const double i = sigmoid(net.linear(0, u, x.data(), h) + peephole(0, c[u])), f = sigmoid(net.linear(2, u, x.data(), h) + peephole(2, c[u]));
      new_c[u] = f * c[u] + i * std::tanh(net.linear(3, u, x.data(), h));
      new_h[u] = sigmoid(net.linear(1, u, x.data(), h) + peephole(1, new_c[u])) * std::tanh(new_c[u]);
    }
    h = new_h, c = new_c;
  }
  expect_last_h(net, h);
}

TEST(Recurrent, AGruComputesItsDefinitionInBothForms) {
  for (const bool is_linear_before_reset : {false, true}) {
    SCOPED_TRACE(is_linear_before_reset);
    const RecurrentNet net("GRU", 3, is_linear_before_reset);  // gates z, r, h
    const std::vector<float> input = clip();
    std::vector<double> h(kHidden, 0);
    for (std::size_t t = 0; t < kSteps; ++t) {
      const std::vector<double> x(input.begin() + static_cast<std::ptrdiff_t>(t * kInputs), input.begin() + static_cast<std::ptrdiff_t>((t + 1) * kInputs));
      std::vector<double> reset(kHidden), new_h(kHidden);
      for (std::size_t u = 0; u < kHidden; ++u) reset[u] = sigmoid(net.linear(1, u, x.data(), h));
      for (std::size_t u = 0; u < kHidden; ++u) {
        const double z = sigmoid(net.linear(0, u, x.data(), h));
        std::vector<double> reset_h(kHidden);
        for (std::size_t i = 0; i < kHidden; ++i) reset_h[i] = reset[i] * h[i];
        double candidate = net.linear(2, u, x.data(), reset_h);
        if (is_linear_before_reset) {
          const std::size_t row = 2 * kHidden + u;
          double of_h = static_cast<double>(net.b[3 * kHidden + row]);
          for (std::size_t i = 0; i < kHidden; ++i) of_h += static_cast<double>(net.r[row * kHidden + i]) * h[i];
          candidate = net.linear(2, u, x.data(), {}) - static_cast<double>(net.b[3 * kHidden + row]) + reset[u] * of_h;
        }
        new_h[u] = (1 - z) * std::tanh(candidate) + z * h[u];
      }
      h = new_h;
    }
    expect_last_h(net, h);
  }
}

}  // namespace
}  // namespace qmn
