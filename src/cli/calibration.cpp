// SPDX-License-Identifier: Apache-2.0
#include "cli/calibration.h"

#include "base/error.h"
#include "base/random.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace qmn::cli {
namespace {

void check_not_empty(const FeatureSet& clips, const DataSource& source, const std::string& split) {
  if (clips.row_count() == 0) fail_data("{}: no calibration clips in the {} split", source.path().string(), split == "both" ? "training and the validation" : split);
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

FeatureSet CalibrationOptions::load(const DataSource& source, const FrontEndSettings& front_end, std::uint64_t seed, bool is_quiet) const {
  FeatureOptions features{.seed = seed, .is_quiet = is_quiet};
  FeatureSet chosen;
  if (split != "training") {
    features.limit = clips;
    chosen.append(source.load(Split::validation, front_end, features));
  }
  if (split != "validation" && chosen.row_count() < clips) {
    features.limit = clips - chosen.row_count();
    chosen.append(source.load(Split::training, front_end, features));
  }
  check_not_empty(chosen, source, split);
  return chosen;
}

RecipeClips CalibrationOptions::load_parted(const DataSource& source, const FrontEndSettings& front_end, std::uint64_t seed, bool is_quiet) const {
  FeatureOptions features{.seed = seed, .is_quiet = is_quiet};
  Split first = split == "training" ? Split::training : Split::validation;
  FeatureSet all = source.load(first, front_end, features);
  if (all.row_count() < 2 && split == "both") {
    first = Split::training;
    all = source.load(first, front_end, features);
  }
  check_not_empty(all, source, split);
  if (all.row_count() < 2) fail_data("{}: a single calibration clip cannot be parted into those that are searched on and those that check", source.path().string());

  std::vector<std::int64_t> order(static_cast<std::size_t>(all.row_count()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random({seed, order.size()}).shuffle(order);
  const std::int64_t check_count = std::min(check_clips, all.row_count() / 2);
  const std::int64_t end = std::min(check_count + clips, all.row_count());
  std::set<int> checked;
  for (std::int64_t i = 0; i < check_count; ++i) checked.insert(all.clip_ids[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
  std::sort(order.begin() + check_count, order.begin() + end);
  RecipeClips parted;
  for (std::int64_t i = check_count; i < end; ++i) parted.search.append_row(all, order[static_cast<std::size_t>(i)]);
  if (split == "both" && first == Split::validation && parted.search.row_count() < clips) {
    features.limit = clips - parted.search.row_count();
    parted.search.append(source.load(Split::training, front_end, features));
  }
  parted.fit = parted.search;
  features.limit = kFitClips;
  features.copies = 1;
  if (split == "both" && first == Split::validation) parted.fit.append(source.load(Split::training, front_end, features));
  features.limit = 0;
  features.copies = check_copies;
  const FeatureSet copies = source.load(first, front_end, features);
  for (std::int64_t row = 0; row < copies.row_count(); ++row) {
    if (checked.contains(copies.clip_ids[static_cast<std::size_t>(row)])) parted.check.append_row(copies, row);
  }
  return parted;
}

std::string CalibrationOptions::describe(std::uint64_t seed) const { return fmt::format("{}, seed {}", split == "both" ? "validation first" : split, seed); }

}  // namespace qmn::cli
