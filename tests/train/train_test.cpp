// SPDX-License-Identifier: Apache-2.0
// Whole trainings on a data set of two sounds.
#include "models/models.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "support/tone_dataset.h"
#include "train/checkpoint.h"
#include "train/train.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>

namespace qmn {
namespace {

namespace fs = std::filesystem;

struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

class Train : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    ::setenv("QMN_CACHE_DIR", (folder_->path() / "cache").c_str(), 1);
    dataset_ = make_tone_dataset(folder_->path() / "data");
  }
  static void TearDownTestSuite() {
    ::unsetenv("QMN_CACHE_DIR");
    folder_.reset();
  }

  static Model make_model(const std::string& architecture, const std::vector<int>& size_info) {
    Model model;
    model.metadata.front_end = published_front_end("dnn");
    model.metadata.front_end.coefficient_shifts = choose_coefficient_shifts(dataset_, model.metadata.front_end);
    model.graph = build_model(architecture, size_info, model.metadata.front_end, static_cast<int>(dataset_.labels.size()), 3);
    return model;
  }
  static Model make_ds_cnn() { return make_model("ds_cnn", {2, 8, 10, 4, 2, 2, 8, 3, 3, 1, 1}); }
  static TrainSettings quick_settings() {
    TrainSettings settings;
    settings.step_counts = {60};
    settings.learning_rates = {5e-3};
    settings.schedule = Schedule::one_cycle;
    settings.batch_size = 20;
    settings.evaluate_every = 20;
    settings.label_smoothing = 0.05;
    settings.is_quiet = true;
    return settings;
  }
  static void expect_same_parameters(const Graph& a, const Graph& b) {
    ASSERT_EQ(a.initializers.size(), b.initializers.size());
    for (const auto& [id, tensor] : a.initializers) EXPECT_EQ(tensor.data, b.initializer(id).data) << a.value(id).name;
  }

  static std::unique_ptr<TemporaryFolder> folder_;
  static Dataset dataset_;
};
std::unique_ptr<TemporaryFolder> Train::folder_;
Dataset Train::dataset_;

TEST_F(Train, LearnsTwoSounds) {
  for (const Model& model : {make_model("dnn", {16, 16}), make_ds_cnn()}) {
    TrainSettings settings = quick_settings();
    settings.step_counts = {150};
    const TrainResult result = train(model, dataset_, settings, {});
    EXPECT_GE(result.best_validation_accuracy, 0.9) << model.graph.name;
    EXPECT_EQ(result.steps_done, 150);
    EXPECT_FALSE(result.is_resumed);
    const std::string& note = result.model.metadata.notes.at("training");
    EXPECT_NE(note.find("seed 1"), std::string::npos) << note;
    EXPECT_NE(note.find("best validation accuracy"), std::string::npos) << note;
    verify(result.model.graph);
  }
}

TEST_F(Train, TheSeedDecidesTheResult) {
  TrainSettings settings = quick_settings();
  settings.mixup = 0.2;
  const Model first = train(make_ds_cnn(), dataset_, settings, {}).model;
  expect_same_parameters(train(make_ds_cnn(), dataset_, settings, {}).model.graph, first.graph);
  settings.seed = 2;
  const Model other = train(make_ds_cnn(), dataset_, settings, {}).model;
  EXPECT_NE(other.graph.initializers.begin()->second.data, first.graph.initializers.begin()->second.data);
}

TEST_F(Train, AnInterruptedTrainingEndsAsTheUninterruptedOne) {
  TrainSettings settings = quick_settings();
  settings.mixup = 0.2;
  settings.weight_decay = 0.01;
  const TrainResult straight = train(make_ds_cnn(), dataset_, settings, {});

  const fs::path state = folder_->path() / "model.state";
  for (const std::int64_t stop : {20, 40}) {
    TrainSettings interrupted = settings;
    interrupted.after_evaluation = [stop](std::int64_t step, double) {
      if (step == stop) throw Interrupted();
    };
    EXPECT_THROW(train(make_ds_cnn(), dataset_, interrupted, state), Interrupted);
  }
  const TrainResult resumed = train(make_ds_cnn(), dataset_, settings, state);
  EXPECT_TRUE(resumed.is_resumed);
  EXPECT_EQ(resumed.steps_done, straight.steps_done);
  EXPECT_EQ(resumed.best_step, straight.best_step);
  EXPECT_EQ(resumed.best_validation_accuracy, straight.best_validation_accuracy);
  EXPECT_EQ(resumed.model.metadata.notes, straight.model.metadata.notes);
  expect_same_parameters(resumed.model.graph, straight.model.graph);

  // A training that was complete when its model could not be written comes back at once.
  const TrainResult again = train(make_ds_cnn(), dataset_, settings, state);
  EXPECT_TRUE(again.is_resumed);
  expect_same_parameters(again.model.graph, straight.model.graph);
}

TEST_F(Train, AStateOfOtherSettingsOrDataIsRefused) {
  const fs::path state = folder_->path() / "refused.state";
  TrainSettings settings = quick_settings();
  settings.step_counts = {20};
  train(make_ds_cnn(), dataset_, settings, state);
  const auto refused = [&](const Model& model, const Dataset& dataset, const TrainSettings& other) {
    testing::expect_error(ErrorKind::data, {state.string(), "--restart"}, [&] { train(model, dataset, other, state); });
  };
  TrainSettings other_seed = settings, other_rate = settings, other_noise = settings;
  other_seed.seed = 9;
  other_rate.learning_rates = {1e-3};
  other_noise.augment.gain_db = 1;
  refused(make_ds_cnn(), dataset_, other_seed);
  refused(make_ds_cnn(), dataset_, other_rate);
  refused(make_ds_cnn(), dataset_, other_noise);
  refused(make_model("dnn", {16}), dataset_, settings);
  Dataset fewer = dataset_;
  fewer.training.pop_back();
  refused(make_ds_cnn(), fewer, settings);
  EXPECT_TRUE(train(make_ds_cnn(), dataset_, settings, state).is_resumed);
}

TEST_F(Train, TheBestCheckpointIsKeptAndPatienceStops) {
  TrainSettings settings = quick_settings();
  settings.step_counts = {2000};
  settings.evaluate_every = 10;
  settings.patience = 3;
  std::vector<double> accuracies;
  settings.after_evaluation = [&](std::int64_t, double accuracy) { accuracies.push_back(accuracy); };
  const TrainResult result = train(make_ds_cnn(), dataset_, settings, {});
  const auto best = std::max_element(accuracies.begin(), accuracies.end());
  EXPECT_EQ(result.best_validation_accuracy, *best);
  EXPECT_EQ(accuracies.size(), static_cast<std::size_t>(best - accuracies.begin()) + 4) << "three evaluations after the first best";
  EXPECT_EQ(result.steps_done, std::ssize(accuracies) * 10);
  EXPECT_EQ(accuracies.at(static_cast<std::size_t>(result.best_step / 10 - 1)), *best);
}

TEST(TrainFigures, AccuracyAndCrossEntropyAreWhatTheySay) {
  const std::vector<float> logits{2, 1, 0, 5, 0, 0};
  const std::vector<int> labels{0, 2};
  EXPECT_EQ(accuracy(logits, labels), 0.5);
  const double first = std::log(std::exp(2.0) + std::exp(1.0) + 1) - 2, second = std::log(std::exp(5.0) + 2);
  EXPECT_NEAR(cross_entropy(logits, labels), (first + second) / 2, 1e-12);
}

}  // namespace
}  // namespace qmn
