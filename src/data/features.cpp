// SPDX-License-Identifier: Apache-2.0
#include "data/features.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "data/augment.h"
#include "data/background.h"
#include "data/clip_files.h"
#include "data/even_choice.h"
#include "data/feature_cache.h"
#include "frontend/fixed_mfcc.h"
#include "frontend/mfcc.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace qmn {
namespace {

/// Part of every cache key: raise it when the same files and settings give other numbers.
constexpr int kFeatureVersion = 1, kFixedVersion = 1;

/// Keep the streams of random numbers of different purposes apart.
enum RandomPurpose : std::uint64_t { kSilencePurpose = 11, kCopyPurpose = 12, kLimitPurpose = 13 };

constexpr double kLowestSilenceVolume = 0.1;

/// A clip of the split that features are asked for.
struct SelectedClip {
  std::size_t clip_id;                ///< index into the split
  const Clip* clip;
  std::uint64_t silence_ordinal = 0;  ///< of a silence example: its place among those of the split
  bool is_silence() const { return clip->path.empty(); }
};

/// At most `limit` clips: every class keeps its share, and which of its clips is up to the seed.
std::vector<SelectedClip> select_clips(const std::vector<Clip>& clips, const FeatureOptions& options) {
  std::vector<int> labels;
  for (const Clip& clip : clips) labels.push_back(clip.label);
  std::vector<std::uint64_t> ordinals;
  std::uint64_t silence_count = 0;
  for (const Clip& clip : clips) ordinals.push_back(clip.path.empty() ? silence_count++ : 0);
  std::vector<SelectedClip> selected;
  for (const std::size_t id : even_choice(labels, options.limit, Random({options.seed, kLimitPurpose}))) selected.push_back({.clip_id = id, .clip = &clips[id], .silence_ordinal = ordinals[id]});
  return selected;
}

/// SHA-256 of each file's content; an unreadable file has a name of its own.
std::vector<std::string> hash_files(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> hashes(paths.size());
  parallel_for(paths.size(), [&](std::size_t i) {
    try {
      hashes[i] = sha256_hex(read_file(paths[i]));
    } catch (const Error&) {
      hashes[i] = "unreadable";
    }
  });
  return hashes;
}

/// Which implementation of the front end makes the features.
enum class FrontEndForm { reference, fixed };

/// Everything that the numbers depend on.
std::string cache_key(const Dataset& dataset, Split split, const std::vector<SelectedClip>& selected, const FrontEndSettings& front_end, FrontEndForm form,
                      const FeatureOptions& options, const std::vector<std::filesystem::path>& background) {
  std::string text = fmt::format("version {}\nfront end {} {} {} {} {} {} {:a} {:a} [{}]\n", kFeatureVersion, front_end.sample_rate_hz,
                                 front_end.clip_samples, front_end.window_samples, front_end.hop_samples, front_end.coefficient_count,
                                 front_end.mel_bands, front_end.lower_hz, front_end.upper_hz, fmt::join(front_end.coefficient_shifts, " "));
  if (form == FrontEndForm::fixed) text += fmt::format("in integers, version {}\n", kFixedVersion);
  text += fmt::format("split {}\nseed {}\ncopies {} {}\n", split_name(split), dataset.settings.seed, options.copies, options.copies > 0 ? options.seed : 0);
  std::vector<std::filesystem::path> paths;
  for (const SelectedClip& item : selected) {
    if (!item.is_silence()) paths.push_back(item.clip->path);
  }
  const std::vector<std::string> hashes = hash_files(paths);
  std::size_t next = 0;
  for (const SelectedClip& item : selected) {
    text += item.is_silence() ? fmt::format("{} silence {}\n", item.clip_id, item.silence_ordinal) : fmt::format("{} {}\n", item.clip_id, hashes[next++]);
  }
  for (const std::string& hash : hash_files(background)) text += fmt::format("background {}\n", hash);
  return sha256_hex(text);
}

/// 1 for each frame whose window holds nothing but zeros.
void mark_silent_frames(std::span<const float> clip, const FrontEndSettings& front_end, std::span<std::uint8_t> marks) {
  std::vector<int> sounding(clip.size() + 1, 0);  // samples before each place that are not zero
  for (std::size_t i = 0; i < clip.size(); ++i) sounding[i + 1] = sounding[i] + (clip[i] != 0.0f ? 1 : 0);
  const auto window = static_cast<std::size_t>(front_end.window_samples);
  for (std::size_t frame = 0; frame < marks.size(); ++frame) {
    const std::size_t begin = frame * static_cast<std::size_t>(front_end.hop_samples);
    marks[frame] = sounding[begin + window] == sounding[begin] ? 1 : 0;
  }
}

class SplitFeatures {
 public:
  SplitFeatures(const Dataset& dataset, Split split, const FrontEndSettings& front_end, FrontEndForm form, const FeatureOptions& options,
                const std::vector<std::filesystem::path>& background)
      : dataset_(dataset), split_(split), options_(options), front_end_(front_end), mfcc_(front_end), background_(background, front_end.sample_rate_hz) {
    if (form == FrontEndForm::fixed) fixed_ = std::make_unique<FixedMfcc>(front_end);
  }

  /// Rows of the clips that are not broken, one after the other.
  CachedFeatures compute(const std::vector<SelectedClip>& selected) const {
    const auto width = static_cast<std::size_t>(front_end_.feature_count()), frames = static_cast<std::size_t>(front_end_.frame_count());
    const auto rows_per_clip = static_cast<std::size_t>(std::max(1, options_.copies));
    CachedFeatures made;
    made.outcomes.resize(selected.size());
    made.features.resize(selected.size() * rows_per_clip * width);
    made.silent_frames.resize(selected.size() * rows_per_clip * frames);
    if (options_.keeps_samples) made.samples.resize(selected.size() * rows_per_clip * clip_samples());

    Progress progress(fmt::format("features of {} clips", split_name(split_)), selected.size(), options_.is_quiet);
    std::mutex progress_mutex;
    std::uint64_t done = 0;
    parallel_for(selected.size(), [&](std::size_t i) {
      const std::vector<std::int16_t> samples = samples_of(selected[i], made.outcomes[i]);
      if (made.outcomes[i].is_broken()) return;
      for (std::size_t copy = 0; copy < rows_per_clip; ++copy) {
        const std::size_t row = i * rows_per_clip + copy;
        const std::vector<float> clip = options_.copies > 0 ? disturbed_copy(samples, selected[i].clip_id, copy) : fit_clip(samples, clip_samples());
        std::vector<std::int16_t> pcm;
        if (fixed_ || options_.keeps_samples) std::transform(clip.begin(), clip.end(), std::back_inserter(pcm), to_pcm16);
        const std::vector<float> features = fixed_ ? fixed_->features(pcm) : mfcc_.features(clip);
        if (options_.keeps_samples) std::copy(pcm.begin(), pcm.end(), made.samples.begin() + static_cast<std::ptrdiff_t>(row * clip_samples()));
        std::copy(features.begin(), features.end(), made.features.begin() + static_cast<std::ptrdiff_t>(row * width));
        mark_silent_frames(clip, front_end_, std::span(made.silent_frames).subspan(row * frames, frames));
      }
      const std::lock_guard lock(progress_mutex);
      progress.update(++done);
    });
    progress.finish();

    drop_broken(made, rows_per_clip * width, rows_per_clip * frames, options_.keeps_samples ? rows_per_clip * clip_samples() : 0);
    made.outcomes.insert(made.outcomes.end(), background_.outcomes().begin(), background_.outcomes().end());
    return made;
  }

 private:
  std::size_t clip_samples() const { return static_cast<std::size_t>(front_end_.clip_samples); }

  std::vector<std::int16_t> samples_of(const SelectedClip& item, FileOutcome& outcome) const {
    if (!item.is_silence()) {
      ClipFile file = read_clip_file(item.clip->path, front_end_.sample_rate_hz);
      outcome = std::move(file.outcome);
      return std::move(file.samples);
    }
    std::vector<std::int16_t> samples(clip_samples(), 0);
    if (item.silence_ordinal % kDigitalSilenceEvery == 0) return samples;
    Random random({dataset_.settings.seed, kSilencePurpose, static_cast<std::uint64_t>(split_), item.clip_id});
    const std::vector<float> noise = background_.silence(clip_samples(), kLowestSilenceVolume, random);
    std::transform(noise.begin(), noise.end(), samples.begin(), to_pcm16);
    return samples;
  }

  /// The published disturbances, of the part of the recording that the plain clip has.
  std::vector<float> disturbed_copy(std::span<const std::int16_t> samples, std::size_t clip_id, std::size_t copy) const {
    Random random({options_.seed, kCopyPurpose, clip_id, copy});
    samples = samples.first(std::min(samples.size(), clip_samples()));
    std::vector<float> clip = augment_clip(samples, clip_samples(), front_end_.sample_rate_hz, AugmentSettings{}, background_, random);
    round_to_pcm16(clip);
    return clip;
  }

  static void drop_broken(CachedFeatures& made, std::size_t features_per_clip, std::size_t frames_per_clip, std::size_t samples_per_clip) {
    std::size_t kept = 0;
    auto move_block = [&kept](auto& values, std::size_t from, std::size_t size) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(from * size);
      std::copy(begin, begin + static_cast<std::ptrdiff_t>(size), values.begin() + static_cast<std::ptrdiff_t>(kept * size));
    };
    for (std::size_t i = 0; i < made.outcomes.size(); ++i) {
      if (made.outcomes[i].is_broken()) continue;
      if (kept != i) {
        move_block(made.features, i, features_per_clip);
        move_block(made.silent_frames, i, frames_per_clip);
        if (samples_per_clip > 0) move_block(made.samples, i, samples_per_clip);
      }
      ++kept;
    }
    made.features.resize(kept * features_per_clip);
    if (samples_per_clip > 0) made.samples.resize(kept * samples_per_clip);
    made.silent_frames.resize(kept * frames_per_clip);
  }

  const Dataset& dataset_;
  Split split_;
  const FeatureOptions& options_;
  FrontEndSettings front_end_;
  Mfcc mfcc_;
  std::unique_ptr<FixedMfcc> fixed_;  ///< where the twin makes the features
  Background background_;
};

}  // namespace

FeatureSet load_features(const Dataset& dataset, Split split, const FrontEndSettings& front_end, const FeatureOptions& options) {
  check_front_end(front_end);
  QMN_CHECK(options.copies >= 0 && options.limit >= 0, "copies and limit are not negative");
  const std::vector<SelectedClip> selected = select_clips(dataset.clips(split), options);
  const bool needs_background =
      options.copies > 0 || std::any_of(selected.begin(), selected.end(), [](const SelectedClip& item) { return item.is_silence(); });
  const std::vector<std::filesystem::path> background = needs_background ? dataset.background : std::vector<std::filesystem::path>{};

  const auto rows_per_clip = static_cast<std::size_t>(std::max(1, options.copies));
  const auto width = static_cast<std::size_t>(front_end.feature_count()), frames = static_cast<std::size_t>(front_end.frame_count());
  auto fits = [&](const CachedFeatures& found) {
    if (found.outcomes.size() != selected.size() + background.size()) return false;
    const auto sound = static_cast<std::size_t>(std::count_if(found.outcomes.begin(), found.outcomes.begin() + std::ssize(selected),
                                                              [](const FileOutcome& outcome) { return !outcome.is_broken(); }));
    return found.features.size() == sound * rows_per_clip * width && found.silent_frames.size() == sound * rows_per_clip * frames;
  };
  const auto features_by = [&](FrontEndForm form) {
    const bool uses_cache = options.uses_cache && !options.keeps_samples;
    const std::string key = uses_cache ? cache_key(dataset, split, selected, front_end, form, options, background) : "";
    if (uses_cache) {
      std::optional<CachedFeatures> found = find_cached(key);
      if (found && fits(*found)) return std::move(*found);
    }
    CachedFeatures computed = SplitFeatures(dataset, split, front_end, form, options, background).compute(selected);
    QMN_CHECK(fits(computed), "a row for each copy of each sound clip");
    if (uses_cache) store_cached(key, computed);
    return computed;
  };
  CachedFeatures made = features_by(FrontEndForm::reference);

  FeatureSet set;
  set.features_per_clip = front_end.feature_count();
  std::vector<FileOutcome> clip_outcomes, background_outcomes;
  for (std::size_t i = 0; i < selected.size(); ++i) {
    FileOutcome& outcome = made.outcomes[i];
    outcome.path = selected[i].clip->path;
    if (!selected[i].is_silence()) clip_outcomes.push_back(outcome);
    if (outcome.is_broken()) continue;
    set.labels.insert(set.labels.end(), rows_per_clip, selected[i].clip->label);
    set.clip_ids.insert(set.clip_ids.end(), rows_per_clip, static_cast<int>(selected[i].clip_id));
    set.paths.insert(set.paths.end(), rows_per_clip, selected[i].clip->path);
  }
  for (std::size_t i = 0; i < background.size(); ++i) {
    background_outcomes.push_back(made.outcomes[selected.size() + i]);
    background_outcomes.back().path = background[i];
  }
  report_outcomes(clip_outcomes, background_outcomes, front_end.sample_rate_hz, dataset.settings.is_strict);
  set.features = std::move(made.features);
  set.silent_frames = std::move(made.silent_frames);
  set.samples = std::move(made.samples);
  if (options.has_device_features && has_fixed_form(front_end)) {
    set.device_features = features_by(FrontEndForm::fixed).features;
    QMN_CHECK(set.device_features.size() == set.features.size(), "both forms are of the same clips");
  }
  return set;
}

std::vector<int> choose_coefficient_shifts(const Dataset& dataset, FrontEndSettings front_end) {
  constexpr std::int64_t kClips = 10000;      // enough for a quantile of their frames
  constexpr double kShareBeyond = 0.001;
  constexpr int kMaxShift = 16;
  front_end.coefficient_shifts.clear();
  FeatureOptions options;
  options.limit = kClips;
  options.is_quiet = true;
  const FeatureSet set = load_features(dataset, Split::training, front_end, options);
  const auto width = static_cast<std::size_t>(front_end.coefficient_count);

  std::vector<int> shifts(width, 0);
  std::vector<float> magnitudes;
  for (std::size_t c = 0; c < width; ++c) {
    magnitudes.clear();
    for (std::size_t frame = 0; frame < set.silent_frames.size(); ++frame) {
      if (!set.silent_frames[frame]) magnitudes.push_back(std::fabs(set.features[frame * width + c]));
    }
    if (magnitudes.empty()) continue;
    const auto beyond = static_cast<std::ptrdiff_t>(kShareBeyond * static_cast<double>(magnitudes.size()));
    const auto quantile = magnitudes.end() - 1 - beyond;
    std::nth_element(magnitudes.begin(), quantile, magnitudes.end());
    if (*quantile == 0.0f) continue;
    int exponent = 0;
    const float mantissa = std::frexp(*quantile, &exponent);  // value = mantissa · 2^exponent, mantissa in [0.5, 1)
    shifts[c] = std::clamp(mantissa == 0.5f ? exponent - 1 : exponent, -kMaxShift, kMaxShift);
  }
  return shifts;
}

}  // namespace qmn
