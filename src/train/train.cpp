// SPDX-License-Identifier: Apache-2.0
#include "train/train.h"

#include "base/error.h"
#include "data/keyword_source.h"
#include "train/loop.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

const char* schedule_name(Schedule schedule) { return schedule == Schedule::steps ? "steps" : "one-cycle"; }

}  // namespace

std::string describe(const TrainSettings& settings) {
  const AugmentSettings& augment = settings.augment;
  return fmt::format(
      "recipe {}; seed {}; {} of {} steps at learning rate {}; batch {}; weight decay {}; label smoothing {}; mixup {}; evaluated every {} steps, patience {}; "
      "augmentation: shift {} ms, noise {} at up to {}, gain {} dB, speed {} %, time mask {}, coefficient mask {}",
      settings.recipe, settings.seed, schedule_name(settings.schedule), fmt::join(settings.step_counts, "+"), fmt::join(settings.learning_rates, ", "),
      settings.batch_size, settings.weight_decay, settings.label_smoothing, settings.mixup, settings.evaluate_every, settings.patience, augment.time_shift_ms,
      augment.background_frequency, augment.background_volume, augment.gain_db, augment.speed_percent, augment.time_mask_frames, augment.coefficient_mask);
}

void check_train_settings(const TrainSettings& settings) {
  if (settings.step_counts.empty() || settings.step_counts.size() != settings.learning_rates.size()) {
    fail_usage("--how_many_training_steps has {} values and --learning_rate {}: each stage needs one of both", settings.step_counts.size(), settings.learning_rates.size());
  }
  for (const std::int64_t count : settings.step_counts) {
    if (count < 1 || count > 100'000'000) fail_usage("--how_many_training_steps {}: must be between 1 and 100000000", count);
  }
  for (const double rate : settings.learning_rates) {
    if (!(rate > 0 && rate <= 10)) fail_usage("--learning_rate {}: must be above 0 and at most 10", rate);
  }
  if (settings.batch_size < 2 || settings.batch_size > 10000) fail_usage("--batch_size {}: must be between 2 and 10000", settings.batch_size);
  if (!(settings.weight_decay >= 0 && settings.weight_decay <= 1)) fail_usage("--weight_decay {}: must be between 0 and 1", settings.weight_decay);
  if (!(settings.label_smoothing >= 0 && settings.label_smoothing < 1)) fail_usage("--label_smoothing {}: must be at least 0 and below 1", settings.label_smoothing);
  if (!(settings.mixup >= 0 && settings.mixup <= 1)) fail_usage("--mixup {}: must be between 0 and 1", settings.mixup);
  if (settings.evaluate_every < 1) fail_usage("--eval_step_interval {}: must be at least 1", settings.evaluate_every);
  if (settings.patience < 0) fail_usage("--patience {}: must be at least 0", settings.patience);
}

TrainResult train(Model model, const Dataset& dataset, const TrainSettings& settings, const std::filesystem::path& state_folder,
                  const std::optional<Model>& teacher, const DistillSettings& distill) {
  TrainingTask task{.name = "training", .description = describe(settings), .model = std::move(model)};
  if (teacher) {
    check_distill_settings(distill);
    check_teacher(*teacher, task.model);
    task.distill = distill;
    task.teach = make_teach(*teacher, task.model.metadata.front_end);
    task.description += describe(distill, describe_teacher(*teacher));
  }
  return run_training(std::move(task), KeywordSource(dataset), settings, state_folder);
}

double accuracy(std::span<const float> logits, std::span<const int> labels) {
  if (labels.empty()) return 0;
  const std::size_t classes = logits.size() / labels.size();
  std::int64_t hits = 0;
  for (std::size_t clip = 0; clip < labels.size(); ++clip) {
    const auto row = logits.subspan(clip * classes, classes);
    hits += std::max_element(row.begin(), row.end()) - row.begin() == labels[clip];
  }
  return static_cast<double>(hits) / static_cast<double>(labels.size());
}

double cross_entropy(std::span<const float> logits, std::span<const int> labels) {
  if (labels.empty()) return 0;
  const std::size_t classes = logits.size() / labels.size();
  double sum = 0;
  for (std::size_t clip = 0; clip < labels.size(); ++clip) {
    const auto row = logits.subspan(clip * classes, classes);
    const double largest = static_cast<double>(*std::max_element(row.begin(), row.end()));
    double exponentials = 0;
    for (float logit : row) exponentials += std::exp(static_cast<double>(logit) - largest);
    sum += largest + std::log(exponentials) - static_cast<double>(row[static_cast<std::size_t>(labels[clip])]);
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace qmn
