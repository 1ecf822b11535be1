// SPDX-License-Identifier: Apache-2.0
#include "train/loop.h"

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/progress.h"
#include "base/random.h"
#include "engine/engine.h"
#include "formats/onnx_format.h"
#include "train/checkpoint.h"
#include "train/schedule.h"
#include "train/targets.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

// Of all that decides the result. Where the data set lies does not.
std::string make_fingerprint(const TrainingTask& task, const DataSource& source) {
  Model untrained = task.model;
  untrained.metadata.notes.clear();
  return sha256_hex(task.description + "\n" + sha256_hex(serialize_onnx(untrained)) + "\n" + source.listing());
}

std::vector<float> flatten_parameters(const Graph& graph) {
  std::vector<float> all;
  for (const auto& [id, tensor] : graph.initializers) all.insert(all.end(), tensor.data.begin(), tensor.data.end());
  return all;
}

void restore_parameters(Graph& graph, const std::vector<float>& all) {
  std::size_t position = 0;
  for (auto& [id, tensor] : graph.initializers) {
    QMN_CHECK(all.size() - position >= tensor.data.size(), "a checkpoint holds all parameters");
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(position), tensor.data.size(), tensor.data.begin());
    position += tensor.data.size();
  }
}

// Loss and hits since the last evaluation, for the progress line.
struct RunningFigures {
  double loss_sum = 0;
  std::int64_t steps = 0, hits = 0, clips = 0;
  std::string text(const Checkpoint& state, double last_accuracy) const {
    std::string line = fmt::format("loss {:.3f}  train {:.1f} %", steps > 0 ? loss_sum / static_cast<double>(steps) : 0.0,
                                   clips > 0 ? 100.0 * static_cast<double>(hits) / static_cast<double>(clips) : 0.0);
    if (state.best_accuracy >= 0) line += fmt::format("  validation {:.1f} % (best {:.1f} % at {})", 100 * last_accuracy, 100 * state.best_accuracy, state.best_step);
    return line;
  }
};

class Training {
 public:
  Training(TrainingTask task, const DataSource& source, const TrainSettings& settings, const std::filesystem::path& state_folder)
      : task_(std::move(task)), source_(source), settings_(settings), state_folder_(state_folder), class_count_(static_cast<int>(element_count(model_.graph.shape(model_.graph.output)))) {
    QMN_CHECK(class_count_ == static_cast<int>(source.labels().size()), "the net has a logit for each label");
    state_.fingerprint = make_fingerprint(task_, source);
    resume();
    validation_ = source.load(Split::validation, model_.metadata.front_end, {.is_quiet = settings.is_quiet}).labeled_rows();
    if (validation_.row_count() == 0) fail_data("{}: no labeled clips for validation; {} chooses its best checkpoint on them (--validation_percentage)", source.path().string(), task_.name);
  }

  TrainResult run() {
    const std::int64_t total = total_steps(settings_);
    if (!is_over(total)) {
      if (task_.counts_start && state_.steps_done == 0) state_.start_accuracy = evaluate();
      const std::unique_ptr<BatchLoader> loader = source_.training_batches(model_.metadata.front_end, settings_.augment, settings_.batch_size, settings_.seed, state_.steps_done);
      Progress progress(task_.name, static_cast<std::uint64_t>(total), settings_.is_quiet);
      RunningFigures figures;
      double last_accuracy = 0;
      while (!is_over(total)) {
        step(loader->next(), figures);
        if (state_.steps_done % settings_.evaluate_every == 0 || state_.steps_done == total) {
          last_accuracy = evaluate();
          figures = {};
          if (!state_folder_.empty()) save_checkpoint(state_, state_folder_);
          if (settings_.after_evaluation) settings_.after_evaluation(state_.steps_done, last_accuracy);
        } else {
          progress.update(static_cast<std::uint64_t>(state_.steps_done), figures.text(state_, last_accuracy));
        }
      }
      progress.finish(fmt::format("best validation accuracy {:.2f} % at step {}", 100 * state_.best_accuracy, state_.best_step));
    }
    restore_parameters(model_.graph, state_.best_parameters);
    if (task_.thresholds) {
      task_.thresholds->restore(state_.best_thresholds);
      model_.quantization = task_.thresholds->quantization();
    }
    model_.metadata.notes[task_.name] =
        fmt::format("{}; best validation accuracy {:.2f} % at step {} of {}", task_.description, 100 * state_.best_accuracy, state_.best_step, state_.steps_done);
    return {std::move(model_), state_.best_accuracy, state_.best_step, state_.steps_done, is_resumed_, state_.start_accuracy};
  }

 private:
  void resume() {
    trainer_ = engine().trainer(model_.graph, model_.quantization ? &*model_.quantization : nullptr);
    if (state_folder_.empty()) return;
    auto found = load_checkpoint(state_folder_, state_.fingerprint);
    if (!found) return;
    state_ = std::move(*found);
    trainer_->load_state(state_.trainer_state);
    if (task_.thresholds) {
      task_.thresholds->restore(state_.thresholds);
      trainer_->set_quantization(task_.thresholds->quantization());
    }
    is_resumed_ = true;
  }

  bool is_over(std::int64_t total) const {
    return state_.steps_done >= total || (settings_.patience > 0 && state_.evaluations_since_best >= settings_.patience);
  }

  void step(Batch batch, RunningFigures& figures) {
    const auto clips = static_cast<std::int64_t>(batch.labels.size());
    std::vector<float> targets = smooth_targets(batch.labels, class_count_, settings_.label_smoothing);
    if (settings_.mixup > 0) mix_pairs(batch.features, targets, batch.labels.size(), settings_.mixup, settings_.seed, state_.steps_done);
    const std::vector<float> opinions = task_.distill.weight > 0 ? task_.teach(batch.features, clips) : std::vector<float>{};
    const double threshold_share = task_.thresholds ? threshold_rate_share(state_.steps_done, total_steps(settings_)) : 0;
    const StepResult result =
        trainer_->step(batch.features, targets, clips,
                       {.learning_rate = learning_rate(settings_, state_.steps_done),
                        .weight_decay = settings_.weight_decay,
                        .seed = Random{settings_.seed, kDropoutPurpose, static_cast<std::uint64_t>(state_.steps_done)}.next(),
                        .distillation = {.teacher_logits = opinions, .weight = task_.distill.weight, .temperature = task_.distill.temperature},
                        .thresholds = threshold_share > 0 ? task_.thresholds->values() : std::span<const ValueId>{}});
    ++state_.steps_done;
    if (!std::isfinite(result.loss)) fail_data("{} diverged: the loss of step {} is not finite; lower --learning_rate", task_.name, state_.steps_done);
    if (threshold_share > 0 && task_.thresholds->step(result.threshold_slopes, threshold_share)) trainer_->set_quantization(task_.thresholds->quantization());
    figures.loss_sum += result.loss;
    figures.hits += result.hits;
    figures.clips += clips;
    ++figures.steps;
  }

  // Validation accuracy now; keeps the checkpoint if it is the best.
  double evaluate() {
    const std::vector<float> logits = trainer_->run(validation_.features, validation_.row_count());
    const double now = accuracy(logits, validation_.labels), loss = cross_entropy(logits, validation_.labels);
    ++state_.evaluations_since_best;
    if (now > state_.best_accuracy || (now == state_.best_accuracy && loss < state_.best_loss)) {
      if (now > state_.best_accuracy) state_.evaluations_since_best = 0;
      state_.best_accuracy = now;
      state_.best_loss = loss;
      state_.best_step = state_.steps_done;
      trainer_->store(model_.graph);
      state_.best_parameters = flatten_parameters(model_.graph);
      if (task_.thresholds) state_.best_thresholds = task_.thresholds->state();
    }
    if (!state_folder_.empty()) {
      state_.trainer_state = trainer_->save_state();
      if (task_.thresholds) state_.thresholds = task_.thresholds->state();
    }
    return now;
  }

  static constexpr std::uint64_t kDropoutPurpose = 42;

  TrainingTask task_;
  Model& model_ = task_.model;
  const DataSource& source_;
  const TrainSettings& settings_;
  std::filesystem::path state_folder_;
  int class_count_;
  FeatureSet validation_;
  std::unique_ptr<Trainer> trainer_;
  Checkpoint state_;
  bool is_resumed_ = false;
};

}  // namespace

TrainResult run_training(TrainingTask task, const DataSource& source, const TrainSettings& settings, const std::filesystem::path& state_folder) {
  check_train_settings(settings);
  return Training(std::move(task), source, settings, state_folder).run();
}

}  // namespace qmn
