// SPDX-License-Identifier: Apache-2.0
// Recurrence and the elementwise operators in the engine: inference against the reference interpreter, fake-quant at every step, gradients
// through time against finite differences, searches that change what lies in a body.
#include "engine/engine.h"
#include "models/models.h"
#include "nets.h"
#include "passes/passes.h"
#include "support/random_graph.h"
#include "support/reference_interpreter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

using test::random_floats;

Graph small_recurrent(const std::string& architecture) {
  FrontEndSettings front_end;
  front_end.clip_samples = 3200, front_end.coefficient_count = 4;
  const std::map<std::string, std::vector<int>> sizes{{"basic_lstm", {5}}, {"lstm", {3, 5}}, {"gru", {2, 4}}, {"crnn", {3, 3, 2, 2, 1, 2, 4, 6}}};
  Graph graph = build_model(architecture, sizes.at(architecture), front_end, 3, 5);
  Random random{8};
  for (auto& [id, tensor] : graph.initializers) {
    if (graph.value(id).name.ends_with("_initial")) continue;
    for (float& real : tensor.data) real = static_cast<float>(random.uniform(-1, 1));
  }
  return graph;
}
const char* const kRecurrent[] = {"basic_lstm", "lstm", "gru", "crnn"};

void expect_as_reference(const Graph& graph, std::int64_t clips) {
  const std::int64_t length = element_count(graph.shape(graph.input));
  const std::vector<float> inputs = random_floats(clips * length, 4, -2, 2);
  const std::vector<float> got = engine().evaluator(graph, nullptr)->run(inputs, clips);
  const std::size_t classes = got.size() / static_cast<std::size_t>(clips);
  for (std::size_t clip = 0; clip < static_cast<std::size_t>(clips); ++clip) {
    const reference::Reals truth = reference::run(graph, std::span(inputs).subspan(clip * static_cast<std::size_t>(length), static_cast<std::size_t>(length)));
    for (std::size_t i = 0; i < classes; ++i) ASSERT_NEAR(static_cast<double>(got[clip * classes + i]), truth[i], 1e-4) << clip << " " << i;
  }
}

TEST(EngineScan, RecurrentNetsComputeTheirDefinition) {
  for (const char* architecture : kRecurrent) {
    SCOPED_TRACE(architecture);
    expect_as_reference(small_recurrent(architecture), 27);
  }
}

TEST(EngineScan, RandomNetsOfAllOperatorsComputeTheirDefinition) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    expect_as_reference(testing::RandomGraph(seed).make(), 3);
  }
}

TEST(EngineScan, EveryStepOfABodyIsObservedInItsFormat) {
  const Graph graph = prepare_for_inference(small_recurrent("gru"));
  const Scan& scan = std::get<Scan>(graph.nodes[0]);
  const ValueId state = scan.states[0].body_in, next = scan.states[0].body_out;
  const Quantization quantization{.formats = {{state, {8, 5}}, {next, {8, 5}}}};
  std::map<ValueId, int> calls;
  std::vector<float> previous(4 * 3, 0.0f);
  const std::vector<float> inputs = random_floats(3 * element_count(graph.shape(graph.input)), 4, -2, 2);
  engine().evaluator(graph, &quantization)->run_observed(inputs, 3, [&](ValueId id, std::span<const float> reals, std::int64_t, std::int64_t clips) {
    ++calls[id];
    EXPECT_EQ(clips, 3);
    if (id == state) {
      EXPECT_EQ(std::vector<float>(reals.begin(), reals.end()), previous);
    }
    if (id != next) return;
    previous.assign(reals.begin(), reals.end());
    for (float real : reals) EXPECT_EQ(real * 32, std::floor(real * 32));
  });
  for_each_node(scan.body, [&](const Node& node) { EXPECT_EQ(calls[output_of(node)], step_count(graph, scan)) << node_name(node); });
  EXPECT_EQ(calls[state], step_count(graph, scan));
  EXPECT_EQ(calls[scan.inputs[0].body_in], step_count(graph, scan));
  EXPECT_EQ(calls[output_of(graph.nodes[0])], 1);
}

TEST(EngineScan, ASearchThatChangesABodyGivesWhatAFreshRunGives) {
  const Graph graph = prepare_for_inference(small_recurrent("lstm"));
  const std::vector<float> inputs = random_floats(30 * element_count(graph.shape(graph.input)), 4, -2, 2);
  const auto session = engine().search_session(graph, {}, inputs, 30);
  Quantization wish;
  for_each_node(graph.nodes, [&](const Node& node) {
    for (ValueId id : parameters(node)) wish.formats[id] = {8, 6};
    for (ValueId id : outputs_of(node)) wish.formats[id] = {8, 4};
    const std::vector<float> before = session->logits();
    const std::vector<float> tried = session->try_quantization(wish), fresh = engine().evaluator(graph, &wish)->run(inputs, 30);
    EXPECT_EQ(tried, fresh) << node_name(node);
    EXPECT_EQ(session->logits(), before);
    session->commit(wish);
    EXPECT_EQ(session->logits(), fresh);
  });
}

// Adam's first step moves every parameter by the rate against the sign of its gradient: here all parameters of all recurrent nets, and the
// size of the gradient by the loss itself.
TEST(EngineScan, GradientsThroughTimeAreThoseOfFiniteDifferences) {
  for (const char* architecture : kRecurrent) {
    SCOPED_TRACE(architecture);
    const Graph graph = small_recurrent(architecture);
    const std::int64_t clips = 27;
    const std::vector<float> inputs = random_floats(clips * element_count(graph.shape(graph.input)), 2, -2, 2);
    std::vector<float> targets(static_cast<std::size_t>(clips * 3));
    for (std::size_t clip = 0; clip < 27; ++clip) targets[clip * 3 + clip % 3] = 1;
    const auto trainer = engine().trainer(graph, nullptr);
    trainer->step(inputs, targets, clips, {.learning_rate = 1e-3});
    Graph after = graph;
    trainer->store(after);
    int compared = 0;
    for (const auto& [id, tensor] : graph.initializers) {
      const bool is_initial = graph.value(id).name.ends_with("_initial");
      for (std::size_t i = 0; i < tensor.data.size(); i += 3) {
        const float moved = after.initializer(id).data[i] - tensor.data[i];
        if (is_initial) {
          EXPECT_EQ(moved, 0.0f);
        }
        const auto loss_at = [&](float delta) {
          Graph other = graph;
          other.initializer(id).data[i] += delta;
          return engine().trainer(other, nullptr)->step(inputs, targets, clips, {}).loss;
        };
        const double slope = (loss_at(1e-2f) - loss_at(-1e-2f)) / 2e-2;
        if (is_initial || std::abs(slope) < 1e-3) continue;
        ++compared;
        EXPECT_NEAR(static_cast<double>(moved), slope > 0 ? -1e-3 : 1e-3, 2e-5) << graph.value(id).name << " " << i;
      }
    }
    EXPECT_GT(compared, 30);
  }
}

TEST(EngineScan, TrainingWithFormatsInABodyMovesTheNetThatShips) {
  const Graph graph = prepare_for_inference(small_recurrent("gru"));
  Quantization quantization;
  for_each_node(graph.nodes, [&](const Node& node) {
    if (!std::holds_alternative<Scan>(node)) {
      for (ValueId id : parameters(node)) quantization.formats[id] = {8, 6};
    }
    for (ValueId id : outputs_of(node)) quantization.formats[id] = {8, 4};
  });
  const std::vector<float> inputs = random_floats(40 * element_count(graph.shape(graph.input)), 2, -2, 2);
  std::vector<float> targets(120);
  for (std::size_t clip = 0; clip < 40; ++clip) targets[clip * 3 + (inputs[clip * inputs.size() / 40] > 0 ? 0 : 1)] = 1;
  const auto trainer = engine().trainer(graph, &quantization);
  const double first = trainer->step(inputs, targets, 40, {.learning_rate = 1e-2}).loss;
  double last = first;
  for (int step = 0; step < 60; ++step) last = trainer->step(inputs, targets, 40, {.learning_rate = 1e-2}).loss;
  EXPECT_LT(last, 0.6 * first);
  Graph trained = graph;
  trainer->store(trained);
  EXPECT_EQ(trainer->run(inputs, 40), engine().evaluator(trained, &quantization)->run(inputs, 40));
}

}  // namespace
}  // namespace qmn
