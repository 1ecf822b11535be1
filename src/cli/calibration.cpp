// SPDX-License-Identifier: Apache-2.0
#include "cli/calibration.h"

#include "base/error.h"
#include "base/random.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace qmn::cli {
namespace {

void append_row(FeatureSet& to, const FeatureSet& from, std::int64_t row) {
  const auto index = static_cast<std::size_t>(row);
  const auto features = from.row(row);
  to.features_per_clip = from.features_per_clip;
  to.features.insert(to.features.end(), features.begin(), features.end());
  to.labels.push_back(from.labels[index]);
  to.clip_ids.push_back(from.clip_ids[index]);
  to.paths.push_back(from.paths[index]);
  const std::size_t frames = from.silent_frames.size() / from.labels.size();
  const auto first = from.silent_frames.begin() + static_cast<std::ptrdiff_t>(index * frames);
  to.silent_frames.insert(to.silent_frames.end(), first, first + static_cast<std::ptrdiff_t>(frames));
}

void append(FeatureSet& to, const FeatureSet& from) {
  for (std::int64_t row = 0; row < from.row_count(); ++row) append_row(to, from, row);
}

void check_not_empty(const FeatureSet& clips, const Dataset& dataset, const std::string& split) {
  if (clips.row_count() == 0) fail_data("{}: no calibration clips in the {} split", dataset.settings.folder.string(), split);
}

}  // namespace

void CalibrationOptions::add(CLI::App& command) {
  command.add_option("--calibration_clips", clips, "Clips that the ranges are chosen on")->capture_default_str();
  command.add_option("--calibration_split", split, "training, validation or both (validation first, training fills up)")
      ->check(CLI::IsMember({"training", "validation", "both"}))
      ->capture_default_str();
  command.add_option("--check_clips", check_clips, "Further clips that decide which remedies are kept (recipe auto)")->capture_default_str();
  command.add_option("--check_copies", check_copies, "Disturbed copies of each of them")->capture_default_str();
}

void CalibrationOptions::check() const {
  if (clips < 1) fail_usage("--calibration_clips {}: must be at least 1", clips);
  if (check_clips < 1) fail_usage("--check_clips {}: must be at least 1", check_clips);
  if (check_copies < 1) fail_usage("--check_copies {}: must be at least 1", check_copies);
}

FeatureSet CalibrationOptions::load(const Dataset& dataset, const FrontEndSettings& front_end, std::uint64_t seed, bool is_quiet) const {
  FeatureOptions features{.seed = seed, .is_quiet = is_quiet};
  FeatureSet chosen;
  if (split != "training") {
    features.limit = clips;
    append(chosen, load_features(dataset, Split::validation, front_end, features));
  }
  if (split != "validation" && chosen.row_count() < clips) {
    features.limit = clips - chosen.row_count();
    append(chosen, load_features(dataset, Split::training, front_end, features));
  }
  check_not_empty(chosen, dataset, split);
  return chosen;
}

RecipeClips CalibrationOptions::load_parted(const Dataset& dataset, const FrontEndSettings& front_end, std::uint64_t seed, bool is_quiet) const {
  FeatureOptions features{.seed = seed, .is_quiet = is_quiet};
  Split first = split == "training" ? Split::training : Split::validation;
  FeatureSet all = load_features(dataset, first, front_end, features);
  if (all.row_count() < 2 && split == "both") {
    first = Split::training;
    all = load_features(dataset, first, front_end, features);
  }
  check_not_empty(all, dataset, split);
  if (all.row_count() < 2) fail_data("{}: a single calibration clip cannot be parted into those that are searched on and those that check", dataset.settings.folder.string());

  std::vector<std::int64_t> order(static_cast<std::size_t>(all.row_count()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random({seed, order.size()}).shuffle(order);
  const std::int64_t check_count = std::min(check_clips, all.row_count() / 2);
  const std::int64_t end = std::min(check_count + clips, all.row_count());
  std::set<int> checked;
  for (std::int64_t i = 0; i < check_count; ++i) checked.insert(all.clip_ids[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
  std::sort(order.begin() + check_count, order.begin() + end);
  RecipeClips parted;
  for (std::int64_t i = check_count; i < end; ++i) append_row(parted.search, all, order[static_cast<std::size_t>(i)]);
  if (split == "both" && first == Split::validation && parted.search.row_count() < clips) {
    features.limit = clips - parted.search.row_count();
    append(parted.search, load_features(dataset, Split::training, front_end, features));
  }
  parted.fit = parted.search;
  features.limit = kFitClips;
  features.copies = 1;
  if (split == "both" && first == Split::validation) append(parted.fit, load_features(dataset, Split::training, front_end, features));
  features.limit = 0;
  features.copies = check_copies;
  const FeatureSet copies = load_features(dataset, first, front_end, features);
  for (std::int64_t row = 0; row < copies.row_count(); ++row) {
    if (checked.contains(copies.clip_ids[static_cast<std::size_t>(row)])) append_row(parted.check, copies, row);
  }
  return parted;
}

std::string CalibrationOptions::describe(std::uint64_t seed) const { return fmt::format("{}, seed {}", split == "both" ? "validation first" : split, seed); }

}  // namespace qmn::cli
