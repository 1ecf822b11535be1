// SPDX-License-Identifier: Apache-2.0
// Whole trainings on a data set of two sounds.
#include "engine/engine.h"
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
    model.metadata.labels = dataset_.labels;
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

/// Mean over clips of KL(softmax(a) ‖ softmax(b)).
double divergence(const std::vector<float>& a, const std::vector<float>& b, std::size_t classes) {
  double sum = 0;
  for (std::size_t row = 0; row < a.size(); row += classes) {
    double sum_a = 0, sum_b = 0;
    for (std::size_t i = row; i < row + classes; ++i) sum_a += std::exp(static_cast<double>(a[i])), sum_b += std::exp(static_cast<double>(b[i]));
    for (std::size_t i = row; i < row + classes; ++i) {
      const double log_a = static_cast<double>(a[i]) - std::log(sum_a), log_b = static_cast<double>(b[i]) - std::log(sum_b);
      sum += std::exp(log_a) * (log_a - log_b);
    }
  }
  return sum * static_cast<double>(classes) / static_cast<double>(a.size());
}

class Distillation : public Train {
 protected:
  static Model teacher() { return train(make_ds_cnn(), dataset_, quick_settings(), {}).model; }
  static std::vector<float> logits(const Model& model, std::span<const float> features, std::int64_t clips) { return engine().evaluator(model.graph, nullptr)->run(features, clips); }
};

TEST_F(Distillation, ATeacherBringsItsStudentNearer) {
  const Model taught_by = teacher();
  const FeatureSet validation = load_features(dataset_, Split::validation, taught_by.metadata.front_end, {.is_quiet = true});
  const auto distance = [&](const TrainResult& student) {
    return divergence(logits(taught_by, validation.features, validation.row_count()), logits(student.model, validation.features, validation.row_count()), dataset_.labels.size());
  };
  const Model student = make_model("dnn", {16, 16});
  const TrainResult alone = train(student, dataset_, quick_settings(), {});
  const TrainResult taught = train(student, dataset_, quick_settings(), {}, taught_by, {.weight = 1, .temperature = 1});
  EXPECT_LT(distance(taught), 0.5 * distance(alone));
  EXPECT_NE(taught.model.metadata.notes.at("training").find("distilled from a teacher, SHA-256"), std::string::npos);
  EXPECT_EQ(alone.model.metadata.notes.at("training").find("distilled"), std::string::npos);
}

// A teacher whose front end scales by other powers of two, with weights that make up for them, says the same, to the last bit.
TEST_F(Distillation, OtherPowersOfTwoOnCoefficientsAreConverted) {
  Model teacher = make_model("dnn", {16});
  Model louder = teacher;
  const auto width = static_cast<std::size_t>(louder.metadata.front_end.coefficient_count);
  const FullyConnected* first = nullptr;
  for (const Node& node : louder.graph.nodes) {
    if (first == nullptr) first = std::get_if<FullyConnected>(&node);
  }
  ASSERT_NE(first, nullptr);
  std::vector<int>& shifts = louder.metadata.front_end.coefficient_shifts;
  for (std::size_t c = 0; c < width; ++c) shifts[c] -= static_cast<int>(c % 3);
  std::vector<float>& weights = louder.graph.initializer(first->weight).data;
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = std::ldexp(weights[i], -static_cast<int>(i % width % 3));
  const FrontEndSettings& student = teacher.metadata.front_end;
  const FeatureSet clips = load_features(dataset_, Split::validation, student, {.is_quiet = true});
  EXPECT_EQ(make_teach(louder, student)(clips.features, clips.row_count()), make_teach(teacher, student)(clips.features, clips.row_count()));
  EXPECT_NE(make_teach(louder, louder.metadata.front_end)(clips.features, clips.row_count()), make_teach(teacher, student)(clips.features, clips.row_count()));
}

TEST_F(Distillation, AnInterruptedTrainingEndsAsTheUninterruptedOneAndKnowsItsTeacher) {
  const Model taught_by = teacher();
  const DistillSettings distill{.weight = 0.5};
  TrainSettings settings = quick_settings();
  settings.mixup = 0.2;
  const TrainResult straight = train(make_model("dnn", {16}), dataset_, settings, {}, taught_by, distill);
  const fs::path state = folder_->path() / "taught.state";
  TrainSettings interrupted = settings;
  interrupted.after_evaluation = [](std::int64_t step, double) {
    if (step == 40) throw Interrupted();
  };
  EXPECT_THROW(train(make_model("dnn", {16}), dataset_, interrupted, state, taught_by, distill), Interrupted);
  const auto refused = [&](const std::optional<Model>& teacher, const DistillSettings& other) {
    testing::expect_error(ErrorKind::data, {state.string(), "--restart"}, [&] { train(make_model("dnn", {16}), dataset_, settings, state, teacher, other); });
  };
  refused(std::nullopt, {});
  refused(make_ds_cnn(), distill);
  refused(taught_by, {.weight = 0.4});
  refused(taught_by, {.weight = 0.5, .temperature = 3});
  const TrainResult resumed = train(make_model("dnn", {16}), dataset_, settings, state, taught_by, distill);
  EXPECT_TRUE(resumed.is_resumed);
  EXPECT_EQ(resumed.model.metadata.notes, straight.model.metadata.notes);
  expect_same_parameters(resumed.model.graph, straight.model.graph);
}

TEST_F(Distillation, ATeacherThatDoesNotFitIsNamed) {
  const Model student = make_model("dnn", {16});
  const auto refused = [&](const Model& teacher, const std::vector<std::string>& parts) {
    testing::expect_error(ErrorKind::data, parts, [&] { train(student, dataset_, quick_settings(), {}, teacher, {.weight = 0.5}); });
  };
  Model other_hop = make_ds_cnn(), other_words = make_ds_cnn();
  other_hop.metadata.front_end.hop_samples = 320;
  other_words.metadata.labels.back() = "middle";
  refused(other_hop, {"teacher has another front end", "every 320", "every 640", "--window_stride_ms"});
  refused(other_words, {"the teacher knows", "middle"});
  const auto misused = [&](const std::string& flag, const DistillSettings& distill) {
    testing::expect_error(ErrorKind::usage, {flag}, [&] { train(student, dataset_, quick_settings(), {}, make_ds_cnn(), distill); });
  };
  misused("--distill 1.5", {.weight = 1.5});
  misused("--distill -0.5", {.weight = -0.5});
  misused("--temperature 0", {.weight = 0.5, .temperature = 0});
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
