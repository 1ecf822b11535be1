// SPDX-License-Identifier: Apache-2.0
// The QDQ model file in ONNX Runtime against the simulator: the same top-1 on at least 99 % of clips. ONNX Runtime rounds ties to even,
// so single logits may differ by a step.
#include "base/random.h"
#include "engine/engine.h"
#include "formats/onnx_format.h"
#include "models/models.h"
#include "onnxruntime_outputs.h"
#include "quantize/evaluate.h"
#include "quantize/metrics.h"
#include "quantize/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace qmn {
namespace {

constexpr std::size_t kClasses = 12;

/// Twelve classes, each a level of its own for every coefficient, under noise.
FeatureSet class_clips(const Graph& graph, int clip_count, std::uint64_t seed) {
  FeatureSet set;
  set.features_per_clip = static_cast<int>(element_count(graph.shape(graph.input)));
  const auto coefficients = static_cast<std::size_t>(graph.shape(graph.input).back());
  Random profiles({1}), noise({2, seed});
  std::vector<double> levels(kClasses * coefficients);
  for (double& level : levels) level = profiles.normal();
  for (int clip = 0; clip < clip_count; ++clip) {
    const auto label = static_cast<std::size_t>(noise.uniform_int(kClasses));
    set.labels.push_back(static_cast<int>(label));
    for (std::size_t i = 0; i < static_cast<std::size_t>(set.features_per_clip); ++i) {
      set.features.push_back(static_cast<float>(levels[label * coefficients + i % coefficients] + noise.normal()));
    }
  }
  return set;
}

/// A few steps are enough to tell the classes apart; an untrained net's answers would be ties.
void train_briefly(Graph& graph) {
  constexpr int kBatch = 32, kSteps = 40;
  const std::unique_ptr<Trainer> trainer = engine().trainer(graph, nullptr);
  for (int step = 0; step < kSteps; ++step) {
    const FeatureSet batch = class_clips(graph, kBatch, 100 + static_cast<std::uint64_t>(step));
    std::vector<float> targets(kBatch * kClasses);
    for (std::size_t clip = 0; clip < kBatch; ++clip) targets[clip * kClasses + static_cast<std::size_t>(batch.labels[clip])] = 1;
    trainer->step(batch.features, targets, kBatch, {.learning_rate = 3e-3, .seed = static_cast<std::uint64_t>(step)});
  }
  trainer->store(graph);
}

class OnnxRuntime : public ::testing::TestWithParam<std::tuple<const char*, int>> {};

TEST_P(OnnxRuntime, RunsTheQuantizedModelWithTheSameLabels) {
  if (const std::string why = testing::why_no_onnxruntime(); !why.empty()) GTEST_SKIP() << why;
  const auto [architecture, bias_bits] = GetParam();
  Model model;
  model.metadata.architecture = architecture;
  model.metadata.size_info = published_size_info(architecture, "s");
  model.metadata.front_end = published_front_end(architecture);
  model.graph = build_model(architecture, model.metadata.size_info, model.metadata.front_end, static_cast<int>(kClasses), 7);
  train_briefly(model.graph);
  const QuantizeResult result = quantize_model(model, class_clips(model.graph, 50, 1), {.method = RangeMethod::minmax, .bias_bits = bias_bits, .is_quiet = true});
  const FeatureSet clips = class_clips(model.graph, 200, 2);
  const std::vector<float> integers = integer_logits(result.model, clips), theirs = testing::onnxruntime_outputs(result.model, clips);
  ASSERT_EQ(theirs.size(), integers.size());
  EXPECT_GE(agreement(integers, theirs, kClasses), 0.99);
  const std::vector<int> labels = top1(integers, kClasses);
  EXPECT_EQ(std::set<int>(labels.begin(), labels.end()).size(), kClasses) << "every label must occur";
  const double step = result.model.quantization->formats.at(result.model.graph.output).step();
  float largest = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) largest = std::max(largest, std::fabs(theirs[i] - integers[i]));
  EXPECT_LE(largest, 2 * step);
  EXPECT_EQ(testing::onnxruntime_outputs(serialize_onnx_with_ties_up(result.model), result.model, clips), integers);
}

/// Loops, gates and branches: in the loop a single tie that falls to the other side would be carried on.
class OnnxRuntimeRecurrent : public ::testing::TestWithParam<const char*> {};

TEST_P(OnnxRuntimeRecurrent, GivesTheVeryNumbersOfTheExportForOtherRuntimes) {
  if (const std::string why = testing::why_no_onnxruntime(); !why.empty()) GTEST_SKIP() << why;
  Model model;
  model.metadata.architecture = GetParam();
  model.metadata.size_info = published_size_info(GetParam(), "s");
  model.metadata.front_end = published_front_end(GetParam());
  model.graph = build_model(GetParam(), model.metadata.size_info, model.metadata.front_end, static_cast<int>(kClasses), 7);
  const QuantizeResult result = quantize_model(model, class_clips(model.graph, 20, 1), {.method = RangeMethod::percentile, .is_quiet = true});
  const FeatureSet clips = class_clips(model.graph, 20, 2);
  const std::vector<float> integers = integer_logits(result.model, clips);
  EXPECT_GT(std::set<float>(integers.begin(), integers.end()).size(), 3U);
  EXPECT_EQ(testing::onnxruntime_outputs(serialize_onnx_with_ties_up(result.model), result.model, clips), integers);
}

INSTANTIATE_TEST_SUITE_P(Nets, OnnxRuntimeRecurrent, ::testing::Values("basic_lstm", "lstm", "gru", "crnn"));

INSTANTIATE_TEST_SUITE_P(Nets, OnnxRuntime, ::testing::Combine(::testing::Values("dnn", "ds_cnn"), ::testing::Values(8, 32)));

}  // namespace
}  // namespace qmn
