// SPDX-License-Identifier: Apache-2.0
#include "support/expect_error.h"
#include "train/schedule.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(Schedule, PublishedRecipeStepsDown) {
  const TrainSettings settings;
  EXPECT_EQ(total_steps(settings), 30000);
  EXPECT_EQ(learning_rate(settings, 0), 5e-4);
  EXPECT_EQ(learning_rate(settings, 9999), 5e-4);
  EXPECT_EQ(learning_rate(settings, 10000), 1e-4);
  EXPECT_EQ(learning_rate(settings, 19999), 1e-4);
  EXPECT_EQ(learning_rate(settings, 20000), 2e-5);
  EXPECT_EQ(learning_rate(settings, 29999), 2e-5);
}

TEST(Schedule, OneCycleRisesToThePeakAndEndsNearZero) {
  for (const std::int64_t total : {1, 2, 10, 1000}) {
    const TrainSettings settings{.step_counts = {total}, .learning_rates = {2e-3}, .schedule = Schedule::one_cycle};
    EXPECT_LT(learning_rate(settings, total - 1), total == 1000 ? 1e-8 : 3e-3);
    const std::int64_t warm_up = std::max<std::int64_t>(1, total / 10);
    EXPECT_DOUBLE_EQ(learning_rate(settings, 0), 2e-3 / static_cast<double>(warm_up));
    EXPECT_DOUBLE_EQ(learning_rate(settings, warm_up - 1), 2e-3);
    for (std::int64_t step = 1; step < total; ++step) {
      const double before = learning_rate(settings, step - 1), now = learning_rate(settings, step);
      EXPECT_EQ(now > before, step < warm_up) << step;
      EXPECT_NE(now, before);
      EXPECT_GT(now, 0);
    }
  }
}

TEST(Schedule, SettingsWithoutMeaningNameTheirFlag) {
  const auto refuse = [](const TrainSettings& settings, const char* flag) {
    testing::expect_error(ErrorKind::usage, {flag}, [&] { check_train_settings(settings); });
  };
  check_train_settings({});
  refuse({.step_counts = {10, 10}}, "--learning_rate");
  refuse({.step_counts = {0, 1, 1}}, "--how_many_training_steps");
  refuse({.learning_rates = {0, 1, 1}}, "--learning_rate");
  refuse({.batch_size = 1}, "--batch_size");
  refuse({.weight_decay = -1}, "--weight_decay");
  refuse({.label_smoothing = 1}, "--label_smoothing");
  refuse({.mixup = 1.5}, "--mixup");
  refuse({.evaluate_every = 0}, "--eval_step_interval");
  refuse({.patience = -1}, "--patience");
}

}  // namespace
}  // namespace qmn
