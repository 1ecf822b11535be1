// SPDX-License-Identifier: Apache-2.0
// The recurrent nets against their equations, written out step by step in double from the parameters alone.
#include "models/models.h"

#include "base/random.h"
#include "support/reference_interpreter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

using Vector = std::vector<double>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
Vector joined(Vector a, const Vector& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A small net of the architecture whose biases are drawn too.
class Recurrent {
 public:
  Recurrent(const std::string& architecture, const std::vector<int>& size_info) {
    FrontEndSettings front_end;
    front_end.clip_samples = 4800, front_end.coefficient_count = 5;
    graph = build_model(architecture, size_info, front_end, 3, 7);
    Random random{3};
    for (auto& [id, tensor] : graph.initializers) {
      if (!graph.value(id).name.ends_with("_bias")) continue;
      for (float& real : tensor.data) real += static_cast<float>(random.uniform(-0.5, 0.5));
    }
    for (std::int64_t i = 0; i < element_count(graph.shape(graph.input)); ++i) clip.push_back(static_cast<float>(random.uniform(-2, 2)));
  }

  const std::vector<float>& parameter(const std::string& name) const { return graph.initializer(*graph.find(name)).data; }
  Vector dense(const std::string& name, const Vector& in, bool has_bias = true) const {
    const std::vector<float>& weights = parameter(name + "_weights");
    Vector out;
    for (std::size_t row = 0; row < weights.size() / in.size(); ++row) {
      double sum = has_bias ? static_cast<double>(parameter(name + "_bias")[row]) : 0;
      for (std::size_t i = 0; i < in.size(); ++i) sum += in[i] * static_cast<double>(weights[row * in.size() + i]);
      out.push_back(sum);
    }
    return out;
  }
  std::vector<Vector> frames() const {
    std::vector<Vector> rows;
    for (std::size_t start = 0; start < clip.size(); start += 5) rows.emplace_back(clip.begin() + static_cast<std::ptrdiff_t>(start), clip.begin() + static_cast<std::ptrdiff_t>(start) + 5);
    return rows;
  }
  Vector gru(const std::string& name, const Vector& x, const Vector& h) const {
    const Vector r = dense(name + "_r", joined(x, h)), u = dense(name + "_u", joined(x, h));
    Vector reset = h, next;
    for (std::size_t i = 0; i < h.size(); ++i) reset[i] *= sigmoid(r[i]);
    const Vector c = dense(name + "_c", joined(x, reset));
    for (std::size_t i = 0; i < h.size(); ++i) next.push_back(sigmoid(u[i]) * h[i] + (1 - sigmoid(u[i])) * std::tanh(c[i]));
    return next;
  }
  void expect_logits(const Vector& last) const {
    const Vector expected = dense("fc_out", last), got = reference::run(graph, clip);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12);
  }

  Graph graph;
  std::vector<float> clip;
};

TEST(Recurrent, BasicLstm) {
  const Recurrent net("basic_lstm", {6});
  Vector c(6), h(6);
  for (const Vector& x : net.frames()) {
    const Vector xh = joined(x, h);
    const Vector i = net.dense("lstm_i", xh), j = net.dense("lstm_j", xh), f = net.dense("lstm_f", xh), o = net.dense("lstm_o", xh);
    for (std::size_t k = 0; k < 6; ++k) {
      c[k] = sigmoid(f[k]) * c[k] + sigmoid(i[k]) * std::tanh(j[k]);
      h[k] = sigmoid(o[k]) * std::tanh(c[k]);
    }
  }
  net.expect_logits(h);
}

TEST(Recurrent, LstmWithPeepholesAndProjection) {
  const Recurrent net("lstm", {4, 6});
  const auto peep = [&](const char* gate, std::size_t k) { return static_cast<double>(net.parameter(std::string("lstm_") + gate + "_peephole_weights")[k]); };
  Vector c(6), h(4);
  for (const Vector& x : net.frames()) {
    const Vector xh = joined(x, h);
    const Vector i = net.dense("lstm_i", xh), j = net.dense("lstm_j", xh), f = net.dense("lstm_f", xh), o = net.dense("lstm_o", xh);
    Vector out(6);
    for (std::size_t k = 0; k < 6; ++k) {
      const double next = sigmoid(f[k] + peep("f", k) * c[k]) * c[k] + sigmoid(i[k] + peep("i", k) * c[k]) * std::tanh(j[k]);
      out[k] = sigmoid(o[k] + peep("o", k) * next) * std::tanh(next);
      c[k] = next;
    }
    h = net.dense("lstm_projection", out, false);
  }
  net.expect_logits(h);
}

TEST(Recurrent, StackedGru) {
  const Recurrent net("gru", {2, 6});
  Vector first(6), second(6);
  for (const Vector& x : net.frames()) {
    first = net.gru("gru_1", x, first);
    second = net.gru("gru_2", first, second);
  }
  net.expect_logits(second);
}

TEST(Recurrent, CrnnReadsTheRowsOfItsConvolution) {
  const Recurrent net("crnn", {3, 4, 2, 2, 1, 1, 6, 7});
  const Shape& shape = net.graph.shape(*net.graph.find("conv_1_dropped"));
  const Vector image = reference::run_all(net.graph, net.clip).at(*net.graph.find("conv_1_dropped"));
  Vector h(6);
  for (std::int64_t row = 0; row < shape[2]; ++row) {
    Vector x;  // channel by channel
    for (std::int64_t channel = 0; channel < shape[1]; ++channel) {
      for (std::int64_t column = 0; column < shape[3]; ++column) x.push_back(image[static_cast<std::size_t>((channel * shape[2] + row) * shape[3] + column)]);
    }
    h = net.gru("gru_1", x, h);
  }
  Vector hidden = net.dense("fc1", h);
  for (double& real : hidden) real = std::max(real, 0.0);
  net.expect_logits(hidden);
}

TEST(Recurrent, GatesOfAFreshCellStartAsPublished) {
  const Graph lstm = build_model("lstm", {98, 144}, published_front_end("lstm"), 12, 1);
  const auto data = [](const Graph& g, const char* name) { return g.initializer(*g.find(name)).data; };
  EXPECT_EQ(data(lstm, "lstm_f_bias"), std::vector<float>(144, 1.0f));
  EXPECT_EQ(data(lstm, "lstm_i_bias"), std::vector<float>(144, 0.0f));
  EXPECT_EQ(data(lstm, "lstm_h_initial"), std::vector<float>(98, 0.0f));
  const double limit = std::sqrt(6.0 / (10 + 98 + 4 * 144));  // as one matrix of four gates
  double largest = 0;
  for (float real : data(lstm, "lstm_o_weights")) largest = std::max(largest, std::abs(static_cast<double>(real)));
  EXPECT_LE(largest, limit * 1.000001);
  EXPECT_GT(largest, limit * 0.99);
  const Graph gru = build_model("gru", {1, 154}, published_front_end("gru"), 12, 1);
  EXPECT_EQ(data(gru, "gru_1_u_bias"), std::vector<float>(154, 1.0f));
  EXPECT_EQ(data(gru, "gru_1_c_bias"), std::vector<float>(154, 0.0f));
}

}  // namespace
}  // namespace qmn
