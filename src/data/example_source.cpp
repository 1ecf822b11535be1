// SPDX-License-Identifier: Apache-2.0
#include "data/example_source.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "data/epoch_order.h"
#include "data/even_choice.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <set>

namespace qmn {
namespace {

constexpr std::uint64_t kLimitPurpose = 14;
constexpr std::size_t kShownFaults = 5;

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int> truth_named(const std::string& label) {
  if (label == "normal" || label == "0") return 0;
  if (label == "anomaly" || label == "1") return 1;
  return std::nullopt;
}

/// What was read of one example, or why it was not.
struct Reading {
  std::vector<float> rows;
  std::string fault;
};

/// A line for each of the first few files that are skipped.
void report_faults(const std::vector<Reading>& readings, bool is_strict) {
  std::vector<const std::string*> faults;
  for (const Reading& reading : readings) {
    if (!reading.fault.empty()) faults.push_back(&reading.fault);
  }
  if (faults.empty()) return;
  if (is_strict) fail_data("{} (--strict)", *faults.front());
  if (faults.size() == readings.size()) fail_data("{}{}", *faults.front(), faults.size() > 1 ? fmt::format(" (and so on: none of {} files can be read)", faults.size()) : "");
  for (std::size_t i = 0; i < std::min(faults.size(), kShownFaults); ++i) fmt::print(stderr, "qmn: left out: {}\n", *faults[i]);
  if (faults.size() > kShownFaults) fmt::print(stderr, "qmn: left out: {} more files of {}\n", faults.size() - kShownFaults, readings.size());
}

/// All training rows are kept; nothing disturbs them.
class ExampleBatches : public BatchLoader {
 public:
  ExampleBatches(FeatureSet rows, int batch_size, std::uint64_t seed, std::int64_t first_step)
      : rows_(std::move(rows)), batch_size_(static_cast<std::size_t>(batch_size)), order_(rows_.labels.size(), seed), step_(static_cast<std::uint64_t>(first_step)) {}

  Batch next() override {
    Batch batch;
    for (std::size_t place = 0; place < batch_size_; ++place) {
      const std::size_t slot = order_.slot(step_ * batch_size_ + place);
      const auto row = rows_.row(static_cast<std::int64_t>(slot));
      batch.features.insert(batch.features.end(), row.begin(), row.end());
      batch.labels.push_back(rows_.labels[slot]);
    }
    ++step_;
    return batch;
  }

 private:
  FeatureSet rows_;
  std::size_t batch_size_;
  EpochOrder order_;
  std::uint64_t step_;
};

}  // namespace

ExampleSource::ExampleSource(ExampleSettings settings)
    : settings_(std::move(settings)), reader_(settings_.format), list_(list_examples(settings_.path, reader_, settings_.validation_percentage, settings_.testing_percentage)) {
  for (const ListedExample& example : list_.examples) {
    if (!example.target.empty() && std::ssize(example.target) != settings_.output_count) fail_data("{}: a target of {} numbers, but the net answers {}", example.path.string(), example.target.size(), settings_.output_count);
  }
  choose_outputs();
  choose_labels();
  for (const ListedExample& example : list_.examples) label_of_.push_back(outputs_ == OutputKind::classes ? class_of(example) : truth_of(example));
}

void ExampleSource::choose_outputs() {
  outputs_ = settings_.outputs;
  if (outputs_ != OutputKind::unknown) return;
  const bool reconstructs = settings_.output_count == static_cast<std::int64_t>(reader_.numbers_per_example());
  const bool has_labels = std::ranges::any_of(list_.examples, [](const ListedExample& example) { return !example.label.empty(); });
  const bool marks_anomalies = std::ranges::all_of(list_.examples, [](const ListedExample& example) { return example.label.empty() || example.label == "normal" || example.label == "anomaly"; });
  const bool are_values = settings_.labels.empty() && (reconstructs || !has_labels || marks_anomalies || settings_.output_count == 1);
  outputs_ = are_values ? OutputKind::values : OutputKind::classes;
}

void ExampleSource::choose_labels() {
  if (outputs_ != OutputKind::classes) return;
  labels_ = settings_.labels;
  if (!labels_.empty()) return;
  std::set<std::string> names;
  for (const ListedExample& example : list_.examples) {
    if (!example.label.empty()) names.insert(example.label);
  }
  if (std::ranges::all_of(names, [](const std::string& name) { return number_of(name).has_value(); })) {
    for (std::int64_t i = 0; i < settings_.output_count; ++i) labels_.push_back(fmt::format("{}", i));
    return;
  }
  if (std::ssize(names) != settings_.output_count) {
    fail_data("{}: its examples have {} labels, but the net has {} outputs without names: give them by qmn import --labels", settings_.path.string(), names.size(), settings_.output_count);
  }
  labels_.assign(names.begin(), names.end());
}

int ExampleSource::class_of(const ListedExample& example) const {
  if (example.label.empty()) return kNoLabel;
  const auto found = std::ranges::find(labels_, example.label);
  if (found != labels_.end()) return static_cast<int>(found - labels_.begin());
  const std::optional<std::int64_t> number = number_of(example.label);
  if (number && *number >= 0 && *number < settings_.output_count) return static_cast<int>(*number);
  fail_data("{}: the label {} is none of the net's {} ({})", example.path.string(), example.label, labels_.size(), fmt::join(labels_, ", "));
}

int ExampleSource::truth_of(const ListedExample& example) const {
  if (example.label.empty()) return kNoLabel;
  const std::optional<int> truth = truth_named(example.label);
  if (!truth) fail_data("{}: the label {}: this net has no classes, its examples are normal or anomaly (0 or 1); --outputs classes takes its outputs for classes", example.path.string(), example.label);
  return *truth;
}

bool ExampleSource::has_targets() const {
  return outputs_ == OutputKind::values && std::ranges::all_of(list_.examples, [](const ListedExample& example) { return !example.target.empty(); });
}

std::int64_t ExampleSource::clip_count(Split split) const { return std::ranges::count(list_.examples, split, &ListedExample::split); }

FeatureSet ExampleSource::load(Split split, const FrontEndSettings& front_end, const FeatureOptions& options) const {
  std::vector<std::size_t> of_split, chosen;
  std::vector<int> labels;
  for (std::size_t i = 0; i < list_.examples.size(); ++i) {
    if (list_.examples[i].split != split) continue;
    of_split.push_back(i);
    labels.push_back(label_of_[i]);
  }
  for (const std::size_t i : even_choice(labels, options.limit, Random({options.seed, kLimitPurpose}))) chosen.push_back(of_split[i]);

  const std::size_t width = reader_.numbers_per_example();
  std::vector<Reading> readings(chosen.size());
  Progress progress(fmt::format("examples of {}", split_name(split)), chosen.size(), options.is_quiet);
  std::mutex progress_mutex;
  std::uint64_t done = 0;
  parallel_for(chosen.size(), [&](std::size_t i) {
    const ListedExample& example = list_.examples[chosen[i]];
    try {
      if (!example.row) readings[i].rows = reader_.read(example.path);
      else readings[i].rows.assign(list_.rows.begin() + static_cast<std::ptrdiff_t>(*example.row * width), list_.rows.begin() + static_cast<std::ptrdiff_t>((*example.row + 1) * width));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::usage) throw;
      readings[i].fault = error.what();
    }
    const std::lock_guard lock(progress_mutex);
    progress.update(++done);
  });
  progress.finish();
  report_faults(readings, settings_.is_strict);

  const std::vector<int>& shifts = front_end.coefficient_shifts;  // of a net that takes sound: the files hold its features before they are scaled
  FeatureSet set;
  set.features_per_clip = static_cast<int>(width);
  set.outputs = outputs_;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const ListedExample& example = list_.examples[chosen[i]];
    const std::size_t rows = readings[i].rows.size() / width;
    std::vector<float>& numbers = readings[i].rows;
    if (!shifts.empty()) {
      for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = std::ldexp(numbers[k], -shifts[k % shifts.size()]);
    }
    set.features.insert(set.features.end(), numbers.begin(), numbers.end());
    set.labels.insert(set.labels.end(), rows, label_of_[chosen[i]]);
    set.clip_ids.insert(set.clip_ids.end(), rows, static_cast<int>(chosen[i]));
    for (std::size_t row = 0; row < rows; ++row) {
      set.paths.push_back(rows == 1 ? example.path : std::filesystem::path(fmt::format("{}[{}]", example.path.string(), row)));
      if (has_targets()) set.targets.insert(set.targets.end(), example.target.begin(), example.target.end());
    }
  }
  return set;
}

std::unique_ptr<BatchLoader> ExampleSource::training_batches(const FrontEndSettings& front_end, const AugmentSettings&, int batch_size, std::uint64_t seed, std::int64_t first_step) const {
  FeatureSet labeled = load(Split::training, front_end, {.is_quiet = true}).labeled_rows();
  if (outputs_ != OutputKind::classes || labeled.row_count() == 0) fail_data("{}: no training example with a class: training learns from labels", settings_.path.string());
  return std::make_unique<ExampleBatches>(std::move(labeled), batch_size, seed, first_step);
}

std::string ExampleSource::listing() const {
  std::string text = fmt::format("layout {} mean {} scale {}\n", settings_.format.array.is_channels_last, fmt::join(settings_.format.array.mean, " "), fmt::join(settings_.format.array.scale, " "));
  for (std::size_t i = 0; i < list_.examples.size(); ++i) {
    const ListedExample& example = list_.examples[i];
    text += fmt::format("{} {} {}\n", split_name(example.split), label_of_[i], example.path.lexically_relative(settings_.path).generic_string());
  }
  const auto* bytes = reinterpret_cast<const char*>(list_.rows.data());
  return text + sha256_hex({bytes, list_.rows.size() * sizeof(float)});
}

}  // namespace qmn
