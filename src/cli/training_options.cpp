// SPDX-License-Identifier: Apache-2.0
#include "cli/training_options.h"

#include "base/error.h"
#include "train/checkpoint.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace qmn::cli {
namespace {

namespace fs = std::filesystem;

template <class Number>
std::vector<Number> parse_numbers(const std::string& text, const std::string& flag) {
  std::vector<Number> numbers;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    Number number{};
    const auto [stop, error] = std::from_chars(text.data() + start, text.data() + end, number);
    if (error != std::errc() || stop != text.data() + end) fail_usage("{} {}: '{}' is no number; write it as a or a,b,c", flag, text, text.substr(start, end - start));
    numbers.push_back(number);
    start = end + 1;
  }
  return numbers;
}

// So that they sum up to `total`, in the same proportions.
std::vector<std::int64_t> scale_steps(const std::vector<std::int64_t>& counts, std::int64_t total) {
  if (total < std::ssize(counts)) fail_usage("--steps {}: the recipe has {} stages, each needs a step", total, counts.size());
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum += count;
  std::vector<std::int64_t> scaled;
  std::int64_t done = 0, counted = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counted += counts[i];
    const std::int64_t stages_left = std::ssize(counts) - 1 - static_cast<std::int64_t>(i);
    const auto share = static_cast<std::int64_t>(static_cast<double>(total) * static_cast<double>(counted) / static_cast<double>(sum));
    const std::int64_t end = std::clamp(share, done + 1, total - stages_left);
    scaled.push_back(stages_left == 0 ? total - done : end - done);
    done = end;
  }
  return scaled;
}

template <class Value>
void replace(Value& setting, const std::optional<Value>& given) {
  if (given) setting = *given;
}

}  // namespace

void TrainingOptions::add(CLI::App& command) {
  CLI::App* group = command.add_option_group("Training");
  auto* total = group->add_option("--steps", steps, "Steps in all; the stages of the recipe keep their proportions")->check(CLI::PositiveNumber);
  group->add_option("--how_many_training_steps", step_counts, "Steps of each stage, a,b,c")->type_name("LIST")->excludes(total);
  group->add_option("--learning_rate", learning_rates, "Learning rate of each stage, a,b,c; of one cycle: its peak")->type_name("LIST");
  group->add_option("--schedule", schedule, "steps or one-cycle (default: the recipe's; steps when several stages are given)")->check(CLI::IsMember({"steps", "one-cycle"}));
  group->add_option("--batch_size", batch_size, "Clips of a step (default: the recipe's)");
  group->add_option("--weight_decay", weight_decay, "Decoupled weight decay");
  group->add_option("--label_smoothing", label_smoothing, "Share of the target that is spread over all labels");
  group->add_option("--mixup", mixup, "Mix pairs of clips by Beta(a, a); 0: not");
  group->add_option("--eval_step_interval", evaluate_every, "Steps between validations (default: the recipe's)");
  group->add_option("--patience", patience, "Stop after that many validations without a better one; 0: never");
  group->add_flag("--restart", is_restarted, "Discard the state of an interrupted training");
  group = command.add_option_group("Augmentation");
  group->add_option("--time_shift_ms", time_shift_ms, "Shift clips by up to ± that many ms");
  group->add_option("--background_frequency", background_frequency, "Share of clips that get background noise");
  group->add_option("--background_volume", background_volume, "Largest volume of that noise");
  group->add_option("--gain_db", gain_db, "Change the volume by up to ± that many dB");
  group->add_option("--speed_percent", speed_percent, "Change the speed by up to ± that many percent");
  group->add_option("--time_mask_frames", time_mask_frames, "Mask up to that many frames");
  group->add_option("--coefficient_mask", coefficient_mask, "Mask up to that many coefficients");
}

void TrainingOptions::apply(TrainSettings& settings) const {
  if (step_counts) settings.step_counts = parse_numbers<std::int64_t>(*step_counts, "--how_many_training_steps");
  if (learning_rates) settings.learning_rates = parse_numbers<double>(*learning_rates, "--learning_rate");
  if (schedule) settings.schedule = *schedule == "steps" ? Schedule::steps : Schedule::one_cycle;
  else if (settings.step_counts.size() > 1) settings.schedule = Schedule::steps;
  if (steps) settings.step_counts = scale_steps(settings.step_counts, *steps);
  replace(settings.evaluate_every, evaluate_every);
  replace(settings.batch_size, batch_size);
  replace(settings.patience, patience);
  replace(settings.weight_decay, weight_decay);
  replace(settings.label_smoothing, label_smoothing);
  replace(settings.mixup, mixup);
  replace(settings.augment.time_shift_ms, time_shift_ms);
  replace(settings.augment.background_frequency, background_frequency);
  replace(settings.augment.background_volume, background_volume);
  replace(settings.augment.gain_db, gain_db);
  replace(settings.augment.speed_percent, speed_percent);
  replace(settings.augment.time_mask_frames, time_mask_frames);
  replace(settings.augment.coefficient_mask, coefficient_mask);
}

void check_output(const fs::path& output) {
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::is_directory(folder, error)) fail_data("{}: no such folder, so {} cannot be written", folder.string(), output.string());
  if (fs::is_directory(output, error)) fail_data("{}: is a folder; give the name of a file to -o", output.string());
  if (::access(folder.c_str(), W_OK) != 0) fail_data("{}: no permission to write there", folder.string());
}

void discard_state(const fs::path& state_folder) {
  std::error_code ignored;
  fs::remove(checkpoint_path(state_folder), ignored);
  fs::remove(state_folder, ignored);  // only if nothing else lies there
}

}  // namespace qmn::cli
