// SPDX-License-Identifier: Apache-2.0
// Training steps: gradients against finite differences, Adam against its formula, batch statistics, straight-through, exact state.
#include "base/error.h"
#include "engine/engine.h"
#include "nets.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

using test::NetBuilder;
using test::random_floats;

std::vector<float> one_hot(std::int64_t clips, std::int64_t classes) {
  std::vector<float> targets(static_cast<std::size_t>(clips * classes));
  for (std::int64_t clip = 0; clip < clips; ++clip) targets[static_cast<std::size_t>(clip * classes + clip % classes)] = 1;
  return targets;
}

double cross_entropy(std::span<const float> logits, std::span<const float> targets, std::size_t classes) {
  double loss = 0;
  for (std::size_t row = 0; row < logits.size(); row += classes) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(logits[row + c]));
    for (std::size_t c = 0; c < classes; ++c) loss -= static_cast<double>(targets[row + c]) * (static_cast<double>(logits[row + c]) - std::log(sum));
  }
  return loss / static_cast<double>(logits.size() / classes);
}

TEST(Trainer, LossIsTheMeanCrossEntropyWithSoftTargets) {
  const Graph graph = test::small_ds_cnn(3);
  const std::vector<float> inputs = random_floats(6 * 66, 2);
  std::vector<float> targets(30, 0.1f);
  for (std::size_t i = 0; i < 6; ++i) targets[i * 5 + i % 5] = 0.6f;
  const auto trainer = engine().trainer(graph, nullptr);
  const double expected = cross_entropy(trainer->run(inputs, 6), targets, 5);
  EXPECT_NEAR(trainer->step(inputs, targets, 6, {}).loss, expected, 1e-5);
}

// Adam's first step moves every parameter by the rate against the sign of its gradient.
TEST(Trainer, FirstStepFollowsTheSignOfTheGradient) {
  NetBuilder net({1, 1, 11, 6}, 5);  // smooth, so that finite differences hold
  net.conv("conv", 4, 1, {3, 3}, {.strides = {2, 2}, .pads = {0, 1, 1, 1}});
  net.norm("norm", 4);
  net.conv("depthwise", 4, 1, {3, 3}, {.pads = {1, 1, 1, 1}, .groups = 4});
  net.add(Dropout{.ratio = 0.3f}, "dropout");
  net.add(AveragePool2d{.kernel = {2, 3}, .strides = {2, 1}}, "pool");
  net.add(Flatten{}, "flat");
  net.dense("logits", 5, net.graph.shape(net.last)[1]);
  const Graph graph = net.graph;
  const std::int64_t clips = 60;  // more than one chunk of the engine's
  const std::vector<float> inputs = random_floats(clips * 66, 2, -3, 3), targets = one_hot(clips, 5);
  const auto trainer = engine().trainer(graph, nullptr);
  trainer->step(inputs, targets, clips, {.learning_rate = 1e-3, .seed = 4});
  Graph after = graph;
  trainer->store(after);
  int compared = 0;
  for (const auto& [id, tensor] : graph.initializers) {
    for (std::size_t i = 0; i < tensor.data.size(); ++i) {
      const auto loss_at = [&](float delta) {
        Graph moved = graph;
        moved.initializer(id).data[i] += delta;
        return engine().trainer(moved, nullptr)->step(inputs, targets, clips, {.seed = 4}).loss;
      };
      const double slope = (loss_at(1e-2f) - loss_at(-1e-2f)) / 2e-2;
      if (std::abs(slope) < 1e-3) continue;  // running statistics among them
      ++compared;
      EXPECT_NEAR(static_cast<double>(after.initializer(id).data[i] - tensor.data[i]), slope > 0 ? -1e-3 : 1e-3, 2e-5) << graph.value(id).name << " " << i;
    }
  }
  EXPECT_GT(compared, 30);
}

TEST(Trainer, ChunksOfABatchWeighAlike) {
  const Graph graph = test::small_ds_cnn(5);
  const std::vector<float> inputs = random_floats(30 * 66, 2, -2, 2), targets = one_hot(30, 5);
  std::vector<float> all_inputs, all_targets;  // the same clips three times: the same mean loss, in more chunks
  for (int copy = 0; copy < 3; ++copy) {
    all_inputs.insert(all_inputs.end(), inputs.begin(), inputs.end());
    all_targets.insert(all_targets.end(), targets.begin(), targets.end());
  }
  const auto once = engine().trainer(graph, nullptr), thrice = engine().trainer(graph, nullptr);
  for (int step = 0; step < 5; ++step) {
    EXPECT_NEAR(once->step(inputs, targets, 30, {}).loss, thrice->step(all_inputs, all_targets, 90, {}).loss, 1e-5);
  }
}

// One weight, loss known in closed form: logits (w·x, 0), target class 0.
TEST(Trainer, AdamFollowsItsFormula) {
  Graph graph;
  graph.name = "one";
  graph.input = graph.add_value("input", {1, 1});
  FullyConnected node{.name = "dense", .input = graph.input};
  node.weight = graph.add_initializer("w", {{2, 1}, {0.5f, 0.0f}});
  node.output = graph.output = graph.add_value("logits");
  graph.nodes.emplace_back(node);
  infer_shapes(graph);
  const auto trainer = engine().trainer(graph, nullptr);
  double w[2] = {0.5, 0.0}, m[2] = {}, v[2] = {};
  for (int t = 1; t <= 20; ++t) {
    const double x = t % 3 - 0.5, rate = 0.01 * t, decay = 0.1;
    const double p = 1 / (1 + std::exp(w[1] * x - w[0] * x));
    const double gradient[2] = {(p - 1) * x, (1 - p) * x};
    for (int i = 0; i < 2; ++i) {
      m[i] = 0.9 * m[i] + 0.1 * gradient[i];
      v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
      w[i] = w[i] * (1 - rate * decay) - rate * (m[i] / (1 - std::pow(0.9, t))) / (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
    }
    trainer->step(std::vector<float>{static_cast<float>(x)}, std::vector<float>{1, 0}, 1, {.learning_rate = rate, .weight_decay = decay});
  }
  trainer->store(graph);
  EXPECT_NEAR(static_cast<double>(graph.initializer(node.weight).data[0]), w[0], 1e-5);
  EXPECT_NEAR(static_cast<double>(graph.initializer(node.weight).data[1]), w[1], 1e-5);
}

// logits (w·x, 0), target class 0, teacher t: d loss / d z0 = (1 - a)(p - 1) + a·T·(p_T - q_T), and its negative for z1.
TEST(Trainer, DistillationFollowsItsFormula) {
  for (const auto& [weight, temperature] : {std::pair{0.7, 3.0}, std::pair{1.0, 1.0}, std::pair{0.4, 0.5}}) {
    Graph graph;
    graph.name = "one";
    graph.input = graph.add_value("input", {1, 1});
    FullyConnected node{.name = "dense", .input = graph.input};
    node.weight = graph.add_initializer("w", {{2, 1}, {0.5f, 0.0f}});
    node.output = graph.output = graph.add_value("logits");
    graph.nodes.emplace_back(node);
    infer_shapes(graph);
    const auto trainer = engine().trainer(graph, nullptr);
    const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
    double w[2] = {0.5, 0.0}, m[2] = {}, v[2] = {};
    for (int t = 1; t <= 20; ++t) {
      const double x = t % 3 - 0.5, rate = 0.02;
      const std::vector<float> teacher{static_cast<float>(2 * x + 0.3), static_cast<float>(-x)};
      const double z = (w[0] - w[1]) * x, p = sigmoid(z), soft = sigmoid(z / temperature), wish = sigmoid((3 * x + 0.3) / temperature);
      const double divergence = wish * std::log(wish / soft) + (1 - wish) * std::log((1 - wish) / (1 - soft));
      const double slope = ((1 - weight) * (p - 1) + weight * temperature * (soft - wish)) * x;
      const double gradient[2] = {slope, -slope};
      for (int i = 0; i < 2; ++i) {
        m[i] = 0.9 * m[i] + 0.1 * gradient[i];
        v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
        w[i] -= rate * (m[i] / (1 - std::pow(0.9, t))) / (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
      }
      const double loss = trainer->step(std::vector<float>{static_cast<float>(x)}, std::vector<float>{1, 0}, 1,
                                        {.learning_rate = rate, .distillation = {.teacher_logits = teacher, .weight = weight, .temperature = temperature}}).loss;
      EXPECT_NEAR(loss, -(1 - weight) * std::log(p) + weight * temperature * temperature * divergence, 1e-5);
    }
    trainer->store(graph);
    EXPECT_NEAR(static_cast<double>(graph.initializer(node.weight).data[0]), w[0], 1e-5);
    EXPECT_NEAR(static_cast<double>(graph.initializer(node.weight).data[1]), w[1], 1e-5);
  }
}

TEST(Trainer, TheTeacherIsReadClipByClip) {
  const Graph graph = test::small_ds_cnn(4);
  const std::vector<float> inputs = random_floats(60 * 66, 2, -2, 2), targets = one_hot(60, 5), teacher = random_floats(60 * 5, 9, -4, 4);
  std::vector<float> opinions(teacher.size());  // softmax(teacher): as targets, they give the same gradient
  for (std::size_t row = 0; row < teacher.size(); row += 5) {
    double sum = 0;
    for (std::size_t c = 0; c < 5; ++c) sum += std::exp(static_cast<double>(teacher[row + c]));
    for (std::size_t c = 0; c < 5; ++c) opinions[row + c] = static_cast<float>(std::exp(static_cast<double>(teacher[row + c])) / sum);
  }
  const auto taught = engine().trainer(graph, nullptr), told = engine().trainer(graph, nullptr);
  for (int step = 0; step < 5; ++step) {
    taught->step(inputs, targets, 60, {.distillation = {.teacher_logits = teacher, .weight = 1, .temperature = 1}});
    told->step(inputs, opinions, 60, {});
  }
  const std::vector<float> a = taught->run(inputs, 60), b = told->run(inputs, 60);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(static_cast<double>(a[i]), static_cast<double>(b[i]), 1e-4);
}

TEST(Trainer, BatchNormUsesTheBatchAndUpdatesTheRunningStatistics) {
  NetBuilder net({1, 2, 1, 2}, 6);
  net.norm("norm", 2);
  const BatchNorm norm = std::get<BatchNorm>(net.graph.nodes[0]);
  net.add(Flatten{}, "flat");
  const std::vector<float> inputs = random_floats(5 * 4, 8, -3, 5), targets = one_hot(5, 4);
  Graph graph = net.graph;
  const auto trainer = engine().trainer(graph, nullptr);

  // Expected logits and statistics, written out.
  std::vector<float> logits(20);
  for (std::size_t c = 0; c < 2; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < 20; ++i) mean += i / 2 % 2 == c ? static_cast<double>(inputs[i]) / 10 : 0.0;
    for (std::size_t i = 0; i < 20; ++i) variance += i / 2 % 2 == c ? std::pow(static_cast<double>(inputs[i]) - mean, 2) / 10 : 0.0;
    for (std::size_t i = 0; i < 20; ++i) {
      if (i / 2 % 2 != c) continue;
      logits[i] = static_cast<float>((static_cast<double>(inputs[i]) - mean) / std::sqrt(variance + 1e-3) * static_cast<double>(graph.initializer(norm.scale).data[c]) +
                                     static_cast<double>(graph.initializer(norm.offset).data[c]));
    }
  }
  EXPECT_NEAR(trainer->step(inputs, targets, 5, {}).loss, cross_entropy(logits, targets, 4), 1e-5);
  trainer->store(graph);
  for (std::size_t c = 0; c < 2; ++c) {
    double mean = 0;
    for (std::size_t i = 0; i < 20; ++i) mean += i / 2 % 2 == c ? static_cast<double>(inputs[i]) / 10 : 0.0;
    EXPECT_NEAR(static_cast<double>(graph.initializer(norm.mean).data[c]), 0.9 * static_cast<double>(net.graph.initializer(norm.mean).data[c]) + 0.1 * mean, 1e-5);
    EXPECT_NE(graph.initializer(norm.variance).data[c], net.graph.initializer(norm.variance).data[c]);
  }
  // run() uses the running ones.
  EXPECT_EQ(trainer->run(inputs, 5), engine().evaluator(graph, nullptr)->run(inputs, 5));
}

TEST(Trainer, PaddedPoolsTrainAsTheyInfer) {
  NetBuilder net({1, 2, 5, 4}, 2);
  net.add(AveragePool2d{.kernel = {3, 2}, .strides = {1, 2}, .pads = {2, 0, 0, 1}}, "pool");
  net.add(Flatten{}, "flat");
  net.dense("logits", 3, net.graph.shape(net.last)[1]);
  const std::vector<float> inputs = random_floats(4 * 40, 8), targets = one_hot(4, 3);
  const auto trainer = engine().trainer(net.graph, nullptr);
  const double expected = cross_entropy(trainer->run(inputs, 4), targets, 3);
  EXPECT_NEAR(trainer->step(inputs, targets, 4, {}).loss, expected, 1e-5);
}

TEST(Trainer, DropoutDependsOnTheSeedAloneAndVanishesInInference) {
  NetBuilder net({1, 66}, 7);
  net.add(Dropout{.ratio = 0.5f}, "dropout");
  net.dense("logits", 5, 66);
  const std::vector<float> inputs = random_floats(10 * 66, 2), targets = one_hot(10, 5);
  const auto loss = [&](std::uint64_t seed) { return engine().trainer(net.graph, nullptr)->step(inputs, targets, 10, {.seed = seed}).loss; };
  EXPECT_EQ(loss(1), loss(1));
  EXPECT_NE(loss(1), loss(2));
  const auto trainer = engine().trainer(net.graph, nullptr);
  EXPECT_NE(loss(1), cross_entropy(trainer->run(inputs, 10), targets, 5));
  EXPECT_EQ(trainer->run(inputs, 10), engine().evaluator(net.graph, nullptr)->run(inputs, 10));
}

TEST(Trainer, FakeQuantizedTrainingLowersTheLoss) {
  const Graph graph = test::small_ds_cnn(11);
  const Quantization quantization = test::full_quantization(graph);
  const std::vector<float> inputs = random_floats(40 * 66, 2, -2, 2), targets = one_hot(40, 5);
  const auto trainer = engine().trainer(graph, &quantization);
  EXPECT_EQ(trainer->run(inputs, 40), engine().evaluator(graph, &quantization)->run(inputs, 40));
  const double first = trainer->step(inputs, targets, 40, {.learning_rate = 3e-3}).loss;
  double last = first;
  for (int i = 0; i < 150; ++i) last = trainer->step(inputs, targets, 40, {.learning_rate = 3e-3}).loss;
  EXPECT_LT(last, 0.8 * first);
  Graph after = graph;
  trainer->store(after);
  EXPECT_EQ(trainer->run(inputs, 40), engine().evaluator(after, &quantization)->run(inputs, 40));
}

TEST(Trainer, NoGradientPassesWhereAFormatSaturates) {
  NetBuilder net({1, 1}, 1);
  FullyConnected node;
  node.weight = net.graph.add_initializer("w", {{2, 1}, {1.5f, 0.25f}});  // Q0.7 saturates at 127/128
  net.add(node, "dense");
  const Quantization quantization{{{node.weight, {8, 7}}}};
  const auto trainer = engine().trainer(net.graph, &quantization);
  trainer->step(std::vector<float>{1}, std::vector<float>{0, 1}, 1, {.learning_rate = 0.01});
  trainer->store(net.graph);
  EXPECT_EQ(net.graph.initializer(node.weight).data[0], 1.5f);
  EXPECT_NEAR(static_cast<double>(net.graph.initializer(node.weight).data[1]), 0.26, 1e-5);
}

class TrainerState : public testing::Test {
 protected:
  static Graph make_graph(std::uint64_t seed) {
    NetBuilder net({1, 1, 11, 6}, seed);
    net.conv("conv", 4, 1, {3, 3}, {.pads = {1, 1, 1, 1}});
    net.norm("norm", 4);
    net.add(Relu{}, "relu");
    net.add(Flatten{}, "flat");
    net.add(Dropout{}, "dropout");
    net.dense("logits", 5, 4 * 66);
    return net.graph;
  }
  void train(Trainer& trainer, int first, int last) const {
    for (int step = first; step < last; ++step) {
      const std::vector<float> inputs = random_floats(16 * 66, static_cast<std::uint64_t>(step));
      trainer.step(inputs, one_hot(16, 5), 16, {.weight_decay = 0.01, .seed = static_cast<std::uint64_t>(step)});
    }
  }
  const Graph graph = make_graph(1);
};

TEST_F(TrainerState, ResumeIsExact) {
  const auto straight = engine().trainer(graph, nullptr), before = engine().trainer(graph, nullptr), after = engine().trainer(make_graph(2), nullptr);
  train(*straight, 0, 12);
  train(*before, 0, 7);
  const std::string state = before->save_state();
  after->load_state(state);
  EXPECT_EQ(after->save_state(), state);
  train(*after, 7, 12);
  EXPECT_EQ(after->save_state(), straight->save_state());
}

TEST_F(TrainerState, BytesOfAnotherNetAreRefused) {
  const std::string state = engine().trainer(test::small_ds_cnn(1), nullptr)->save_state();
  const auto trainer = engine().trainer(graph, nullptr);
  const std::string own = trainer->save_state();
  EXPECT_THROW(trainer->load_state(state), Error);
  EXPECT_THROW(trainer->load_state(""), Error);
  EXPECT_THROW(trainer->load_state(own + "x"), Error);
  for (std::size_t length = 0; length < own.size(); length += 97) EXPECT_THROW(trainer->load_state(own.substr(0, length)), Error) << length;
  EXPECT_EQ(trainer->save_state(), own) << "a refused state changes nothing";
}

}  // namespace
}  // namespace qmn
