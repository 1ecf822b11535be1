// SPDX-License-Identifier: Apache-2.0
// Fine-tuning on a data set of two sounds: a small DS-CNN, trained, then quantized so badly that it fails.
#include "data/keyword_source.h"
#include "models/models.h"
#include "passes/passes.h"
#include "quantize/evaluate.h"
#include "quantize/finetune.h"
#include "quantize/metrics.h"
#include "quantize/quantize.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "support/tone_dataset.h"
#include "train/train.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

namespace qmn {
namespace {

struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

class Finetune : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    ::setenv("QMN_CACHE_DIR", (folder_->path() / "cache").c_str(), 1);
    dataset_ = make_tone_dataset(folder_->path() / "data");
    Model model;
    model.metadata.labels = dataset_.labels;
    model.metadata.front_end = published_front_end("dnn");
    model.metadata.front_end.coefficient_shifts = choose_coefficient_shifts(dataset_, model.metadata.front_end);
    model.graph = build_model("ds_cnn", {2, 8, 10, 4, 2, 2, 8, 3, 3, 1, 1}, model.metadata.front_end, static_cast<int>(dataset_.labels.size()), 3);
    TrainSettings settings;
    settings.step_counts = {150};
    settings.learning_rates = {5e-3};
    settings.schedule = Schedule::one_cycle;
    settings.batch_size = 20;
    settings.evaluate_every = 50;
    settings.is_quiet = true;
    float_model_ = train(model, dataset_, settings, {}).model;
    validation_ = load_features(dataset_, Split::validation, model.metadata.front_end, {.is_quiet = true});
    good_ = quantize_model(float_model_, validation_, {.method = RangeMethod::minmax, .is_quiet = true}).model;
  }
  static void TearDownTestSuite() {
    ::unsetenv("QMN_CACHE_DIR");
    folder_.reset();
  }

  static FinetuneSettings settings() {
    FinetuneSettings settings;
    settings.training = finetune_recipe(float_model_.metadata.front_end);
    settings.training.step_counts = {120};
    settings.training.learning_rates = {5e-3};
    settings.training.batch_size = 20;
    settings.training.evaluate_every = 20;
    settings.training.is_quiet = true;
    return settings;
  }
  /// Weights of which two bits are left.
  static Model coarse() {
    Model model = good_;
    for (const Node& node : model.graph.nodes) {
      if (!parameters(node).empty()) model.quantization->formats.at(parameters(node)[0]).frac_bits -= 6;
    }
    legalize(model.graph, *model.quantization);
    return model;
  }
  /// Activations that saturate at an eighth of what they reach.
  static Model narrow() {
    Model model = good_;
    for (const Node& node : model.graph.nodes) model.quantization->formats.at(output_of(node)).frac_bits += 3;
    legalize(model.graph, *model.quantization);
    return model;
  }
  static FinetuneResult finetune(const Model& start, const FinetuneSettings& settings) { return finetune_model(start, std::nullopt, source(), settings, {}); }
  static double integer_accuracy(const Model& model) { return accuracy(integer_logits(model, validation_), validation_.labels); }
  static void expect_same(const Model& a, const Model& b) {
    ASSERT_EQ(a.graph.initializers.size(), b.graph.initializers.size());
    for (const auto& [id, tensor] : a.graph.initializers) EXPECT_EQ(tensor.data, b.graph.initializer(id).data) << a.graph.value(id).name;
    EXPECT_EQ(a.quantization->formats, b.quantization->formats);
    EXPECT_EQ(a.metadata.notes, b.metadata.notes);
  }

  static std::unique_ptr<TemporaryFolder> folder_;
  static KeywordSource source() { return KeywordSource(dataset_); }
  static Dataset dataset_;
  static Model float_model_, good_;
  static FeatureSet validation_;
};
std::unique_ptr<TemporaryFolder> Finetune::folder_;
Dataset Finetune::dataset_;
Model Finetune::float_model_, Finetune::good_;
FeatureSet Finetune::validation_;

TEST_F(Finetune, FrozenFormatsRecoverANetThatSaturates) {
  const Model start = narrow();
  ASSERT_LT(integer_accuracy(start), 0.8);
  const FinetuneResult result = finetune(start, settings());
  EXPECT_GE(result.best_accuracy, integer_accuracy(good_));
  EXPECT_EQ(result.start_accuracy, integer_accuracy(start));
  EXPECT_EQ(result.best_accuracy, integer_accuracy(result.model)) << "what training reports is what the integers reach";
  EXPECT_EQ(result.model.quantization->formats, start.quantization->formats);
  EXPECT_TRUE(result.remarks.empty());
  EXPECT_NE(integer_logits(result.model, validation_), integer_logits(start, validation_));
  EXPECT_NE(result.model.metadata.notes.at("fine-tuning").find("formats frozen"), std::string::npos);
  verify(result.model.graph);
}

TEST_F(Finetune, TrainedThresholdsWidenWhatSaturates) {
  const Model start = narrow();
  ASSERT_LT(integer_accuracy(start), 0.8);
  FinetuneSettings with_thresholds = settings();
  with_thresholds.trains_thresholds = true;
  with_thresholds.threshold_rate = 0.1;
  const FinetuneResult result = finetune(start, with_thresholds);
  EXPECT_GE(result.best_accuracy, 0.95);
  EXPECT_EQ(result.best_accuracy, integer_accuracy(result.model));
  EXPECT_FALSE(result.remarks.empty());
  int widened = 0;
  for (const Node& node : start.graph.nodes) {
    widened += result.model.quantization->formats.at(output_of(node)).frac_bits < start.quantization->formats.at(output_of(node)).frac_bits;
  }
  EXPECT_GE(widened, 2);
  Quantization legal = *result.model.quantization;
  EXPECT_TRUE(legalize(result.model.graph, legal).empty());
}

TEST_F(Finetune, ItsResultIsAStartLikeAnyOther) {
  FinetuneSettings brief = settings();
  brief.training.step_counts = {40};
  const FinetuneResult first = finetune(coarse(), brief);
  const FinetuneResult second = finetune(first.model, brief);
  EXPECT_EQ(second.start_accuracy, first.best_accuracy);
  EXPECT_GE(second.best_accuracy, first.best_accuracy);
  EXPECT_EQ(second.best_accuracy, integer_accuracy(second.model));
}

// Corrections that move every weight by a step: without them the net would be another.
TEST_F(Finetune, CorrectionsArePartOfTheWeightsThatItStartsFrom) {
  Model corrected = coarse();
  for (const auto& [id, tensor] : corrected.graph.initializers) {
    const double step = corrected.quantization->formats.at(id).step();
    corrected.quantization->corrections[id].assign(tensor.data.size(), static_cast<float>(step));
  }
  Model baked = coarse();
  for (auto& [id, tensor] : baked.graph.initializers) tensor.data = corrected_parameter(corrected.graph, *corrected.quantization, id);
  FinetuneSettings brief = settings();
  brief.training.step_counts = {40};
  const FinetuneResult from_corrected = finetune(corrected, brief), from_baked = finetune(baked, brief);
  EXPECT_EQ(from_corrected.start_accuracy, integer_accuracy(corrected));
  ASSERT_GT(from_corrected.best_step, 0);
  expect_same(from_corrected.model, from_baked.model);
  ASSERT_EQ(from_corrected.remarks.size(), 1u);
  EXPECT_NE(from_corrected.remarks.front().find("corrections of 8 tensors"), std::string::npos) << from_corrected.remarks.front();
}

TEST_F(Finetune, WhereNothingGetsBetterTheModelStaysAsItIs) {
  FinetuneSettings harmful = settings();
  harmful.training.learning_rates = {1};
  harmful.training.step_counts = {20};
  ASSERT_GE(integer_accuracy(good_), 0.9);
  const FinetuneResult result = finetune(good_, harmful);
  EXPECT_EQ(result.best_step, 0);
  EXPECT_EQ(result.best_accuracy, result.start_accuracy);
  expect_same(result.model, good_);
}

TEST_F(Finetune, AnInterruptedRunEndsAsTheUninterruptedOne) {
  FinetuneSettings with_all = settings();
  with_all.trains_thresholds = true;
  with_all.threshold_rate = 0.1;
  with_all.distill.weight = 0.5;
  const FinetuneResult straight = finetune_model(narrow(), std::nullopt, source(), with_all, {});
  const auto state = folder_->path() / "finetune.state";
  for (const std::int64_t stop : {20, 60}) {
    FinetuneSettings interrupted = with_all;
    interrupted.training.after_evaluation = [stop](std::int64_t step, double) {
      if (step == stop) throw Interrupted();
    };
    EXPECT_THROW(finetune_model(narrow(), std::nullopt, source(), interrupted, state), Interrupted);
  }
  const FinetuneResult resumed = finetune_model(narrow(), std::nullopt, source(), with_all, state);
  EXPECT_TRUE(resumed.is_resumed);
  EXPECT_EQ(resumed.start_accuracy, straight.start_accuracy);
  EXPECT_EQ(resumed.best_step, straight.best_step);
  expect_same(resumed.model, straight.model);

  FinetuneSettings other = with_all;
  other.distill.temperature = 3;
  testing::expect_error(ErrorKind::data, {state.string(), "--restart"}, [&] { finetune_model(narrow(), std::nullopt, source(), other, state); });
  testing::expect_error(ErrorKind::data, {"--restart"}, [&] { finetune_model(coarse(), std::nullopt, source(), with_all, state); });
  testing::expect_error(ErrorKind::data, {"--restart"}, [&] { finetune_model(narrow(), float_model_, source(), with_all, state); });
}

TEST_F(Finetune, ATeacherBringsItsPupilNearer) {
  FinetuneSettings taught = settings();
  taught.distill.weight = 1;
  taught.distill.temperature = 1;
  const std::vector<float> reference = float_logits(coarse(), validation_);
  const auto distance = [&](const Model& model) { return mean_kl(reference, fake_quant_logits(model, validation_), 4); };
  const FinetuneResult own = finetune(coarse(), taught);
  EXPECT_LT(distance(own.model), 0.5 * distance(coarse()));
  // The float net as a file of its own, not folded, whose coefficients come four times as large: the same teacher.
  Model louder = float_model_;
  for (int& shift : louder.metadata.front_end.coefficient_shifts) shift -= 2;
  auto& first = std::get<Conv2d>(louder.graph.nodes[0]);
  for (float& w : louder.graph.initializer(first.weight).data) w /= 4;
  const FinetuneResult by_file = finetune_model(coarse(), louder, source(), taught, {});
  EXPECT_NEAR(distance(by_file.model), distance(own.model), 0.2 * distance(own.model));
}

TEST_F(Finetune, WhatCannotBeFinetunedIsNamed) {
  const auto refused = [&](const Model& model, const std::optional<Model>& teacher, const std::vector<std::string>& parts) {
    testing::expect_error(ErrorKind::data, parts, [&] { finetune_model(model, teacher, source(), settings(), {}); });
  };
  refused(float_model_, {}, {"qmn quantize"});
  Model half = good_;
  const ValueId hole = output_of(half.graph.nodes[1]);
  half.quantization->formats.erase(hole);
  refused(half, {}, {half.graph.value(hole).name, "no format"});
  Model deaf = float_model_, strange = float_model_;
  deaf.metadata.front_end.window_samples -= 10;
  strange.metadata.labels.back() = "middle";
  refused(good_, deaf, {"teacher", "front end"});
  refused(good_, strange, {"teacher", "middle", "high"});

  const auto misused = [&](const std::string& flag, auto change) {
    FinetuneSettings wrong = settings();
    change(wrong);
    testing::expect_error(ErrorKind::usage, {flag}, [&] { finetune(good_, wrong); });
  };
  misused("--distill", [](FinetuneSettings& s) { s.distill.weight = 1.5; });
  misused("--temperature", [](FinetuneSettings& s) { s.distill.temperature = 0; });
  misused("--threshold_rate", [](FinetuneSettings& s) { s.threshold_rate = -1; });
  misused("--learning_rate", [](FinetuneSettings& s) { s.training.learning_rates = {0}; });
}

}  // namespace
}  // namespace qmn
