// SPDX-License-Identifier: Apache-2.0
#include "data/features.h"

#include "base/hash.h"
#include "frontend/fixed_mfcc.h"
#include "frontend/mfcc.h"
#include "tiny_dataset.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace qmn {
namespace {

const FrontEndSettings kFrontEnd{};

std::vector<std::filesystem::path> cache_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

FeatureOptions quiet(FeatureOptions options = {}) {
  options.is_quiet = true;
  return options;
}

void expect_same(const FeatureSet& a, const FeatureSet& b) {
  EXPECT_EQ(a.features, b.features);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.clip_ids, b.clip_ids);
  EXPECT_EQ(a.paths, b.paths);
  EXPECT_EQ(a.silent_frames, b.silent_frames);
}

TEST_F(TinyDataset, RowsAreTheMfccOfTheirFiles) {
  make();
  const Dataset dataset = open_dataset(settings_);
  FrontEndSettings front_end;
  front_end.coefficient_shifts = {8, 5, 4, 4, 3, 3, 3, 3, 3, 3};
  const FeatureSet set = load_features(dataset, Split::validation, front_end, quiet());
  ASSERT_EQ(set.row_count(), 12);
  EXPECT_EQ(set.features_per_clip, 490);
  ASSERT_EQ(set.silent_frames.size(), 12u * 49u);
  const Mfcc mfcc(front_end);
  for (std::int64_t row = 0; row < set.row_count(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    EXPECT_EQ(set.clip_ids[i], row);
    EXPECT_EQ(set.labels[i], dataset.validation[i].label);
    EXPECT_EQ(set.paths[i], dataset.validation[i].path);
    if (set.paths[i].empty()) continue;
    const auto expected = mfcc.features(read_audio(set.paths[i], 16000).samples);
    EXPECT_TRUE(std::ranges::equal(set.row(row), expected)) << row;
  }
}

TEST_F(TinyDataset, OneSilenceExampleInFourIsDigitalSilence) {
  make(8, 8);
  const FeatureSet set = load_features(open_dataset(settings_), Split::testing, kFrontEnd, quiet());
  int digital = 0, silence = 0;
  for (std::size_t row = 0; row < set.labels.size(); ++row) {
    const auto frames = std::span(set.silent_frames).subspan(row * 49, 49);
    const auto marked = std::count(frames.begin(), frames.end(), 1);
    if (set.labels[row] != kSilenceIndex) {
      EXPECT_EQ(marked, 0);
      continue;
    }
    ++silence;
    digital += marked == 49 ? 1 : 0;
    EXPECT_TRUE(marked == 49 || marked == 0);
    EXPECT_EQ(marked == 49, set.row(static_cast<std::int64_t>(row))[0] < -247.0f);
  }
  EXPECT_EQ(silence, 8);
  EXPECT_EQ(digital, 2);
}

TEST_F(TinyDataset, PaddedFramesOfAShortClipAreMarkedSilent) {
  make();
  write("yes/v0_nohash_0.wav", test_sound(9, 8000));
  const FeatureSet set = load_features(open_dataset(settings_), Split::validation, kFrontEnd, quiet());
  const auto row = static_cast<std::size_t>(std::find_if(set.paths.begin(), set.paths.end(), [](const auto& path) { return path.string().ends_with("yes/v0_nohash_0.wav"); }) - set.paths.begin());
  ASSERT_LT(row, set.paths.size());
  for (std::size_t frame = 0; frame < 49; ++frame) EXPECT_EQ(set.silent_frames[row * 49 + frame], frame * 320 >= 8000 ? 1 : 0) << frame;
}

TEST_F(TinyDataset, WithoutBackgroundSilenceIsFaintNoise) {
  make(8, 8, false);
  const FeatureSet set = load_features(open_dataset(settings_), Split::testing, kFrontEnd, quiet());
  int faint = 0;
  for (std::size_t row = 0; row < set.labels.size(); ++row) {
    if (set.labels[row] != kSilenceIndex || set.silent_frames[row * 49]) continue;
    ++faint;
    EXPECT_LT(set.row(static_cast<std::int64_t>(row))[0], -20.0f);
  }
  EXPECT_EQ(faint, 6);
}

TEST_F(TinyDataset, CopiesDifferFromEachOtherAndAreReproducible) {
  make();
  const Dataset dataset = open_dataset(settings_);
  const FeatureOptions options = quiet({.copies = 3, .seed = 5, .uses_cache = false});
  const FeatureSet set = load_features(dataset, Split::testing, kFrontEnd, options);
  ASSERT_EQ(set.row_count(), 36);
  std::set<std::vector<float>> distinct;
  for (std::int64_t row = 0; row < set.row_count(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    EXPECT_EQ(set.clip_ids[i], row / 3);
    EXPECT_EQ(set.labels[i], dataset.testing[i / 3].label);
    if (!set.paths[i].empty()) distinct.insert({set.row(row).begin(), set.row(row).end()});
  }
  EXPECT_EQ(distinct.size(), 27u);
  expect_same(set, load_features(dataset, Split::testing, kFrontEnd, options));
  FeatureOptions other = options;
  other.seed = 6;
  EXPECT_NE(set.features, load_features(dataset, Split::testing, kFrontEnd, other).features);
}

TEST_F(TinyDataset, ACopyDoesNotDependOnTheOtherClipsThatAreAskedFor) {
  make();
  const Dataset dataset = open_dataset(settings_);
  const FeatureSet all = load_features(dataset, Split::testing, kFrontEnd, quiet({.copies = 2}));
  const FeatureSet some = load_features(dataset, Split::testing, kFrontEnd, quiet({.copies = 2, .limit = 5}));
  ASSERT_EQ(some.row_count(), 10);
  for (std::int64_t row = 0; row < some.row_count(); ++row) {
    const std::int64_t same = some.clip_ids[static_cast<std::size_t>(row)] * 2 + row % 2;
    EXPECT_TRUE(std::ranges::equal(some.row(row), all.row(same)));
  }
}

TEST_F(TinyDataset, ALimitTakesItsShareOfEveryClass) {
  make(24, 3);
  const Dataset dataset = open_dataset(settings_);  // 24 clips of each of the four classes
  const FeatureSet set = load_features(dataset, Split::training, kFrontEnd, quiet({.limit = 20}));
  ASSERT_EQ(set.row_count(), 20);
  for (int label = 0; label < 4; ++label) EXPECT_EQ(std::count(set.labels.begin(), set.labels.end(), label), 5) << label;
  EXPECT_TRUE(std::is_sorted(set.clip_ids.begin(), set.clip_ids.end()));
  EXPECT_EQ(std::set<int>(set.clip_ids.begin(), set.clip_ids.end()).size(), 20u);
  EXPECT_NE(set.clip_ids, load_features(dataset, Split::training, kFrontEnd, quiet({.seed = 2, .limit = 20})).clip_ids);
  EXPECT_EQ(load_features(dataset, Split::training, kFrontEnd, quiet({.limit = 5000})).row_count(), 96);
}

TEST_F(TinyDataset, TheCacheGivesWhatComputingGives) {
  make();
  const Dataset dataset = open_dataset(settings_);
  const FeatureOptions options = quiet({.copies = 2});
  const FeatureSet computed = load_features(dataset, Split::validation, kFrontEnd, options);
  const auto files = cache_files(cache());
  ASSERT_EQ(files.size(), 1u);
  expect_same(computed, load_features(dataset, Split::validation, kFrontEnd, options));
  EXPECT_EQ(cache_files(cache()), files);
  FeatureOptions uncached = options;
  uncached.uses_cache = false;
  expect_same(computed, load_features(dataset, Split::validation, kFrontEnd, uncached));
}

TEST_F(TinyDataset, TheDevicesFeaturesAreThoseOfItsFrontEndOnTheSameSamples) {
  make();
  const Dataset dataset = open_dataset(settings_);
  FrontEndSettings front_end;
  front_end.coefficient_shifts = {8, 5, 4, 4, 3, 3, 3, 3, 3, 3};
  const FixedMfcc fixed(front_end);
  for (const int copies : {0, 2}) {
    const FeatureOptions options = quiet({.copies = copies, .has_device_features = true, .keeps_samples = true});
    const FeatureSet set = load_features(dataset, Split::validation, front_end, options);
    expect_same(set, load_features(dataset, Split::validation, front_end, quiet({.copies = copies})));
    ASSERT_EQ(set.device_features.size(), set.features.size());
    ASSERT_EQ(set.samples.size(), static_cast<std::size_t>(set.row_count()) * 16000);
    EXPECT_NE(set.device_features, set.features);
    for (std::size_t row = 0; row < static_cast<std::size_t>(set.row_count()); ++row) {
      const auto expected = fixed.features(std::span(set.samples).subspan(row * 16000, 16000));
      EXPECT_TRUE(std::ranges::equal(std::span(set.device_features).subspan(row * 490, 490), expected)) << row;
    }
    FeatureOptions cached = options;
    cached.keeps_samples = false;
    for (int again = 0; again < 2; ++again) {
      const FeatureSet kept = load_features(dataset, Split::validation, front_end, cached);
      EXPECT_EQ(kept.device_features, set.device_features);
      EXPECT_TRUE(kept.samples.empty());
    }
  }
  EXPECT_TRUE(load_features(dataset, Split::validation, front_end, quiet()).device_features.empty());
  front_end.window_samples = 4;  // has no fixed form
  EXPECT_TRUE(load_features(dataset, Split::validation, front_end, quiet({.limit = 2, .has_device_features = true})).device_features.empty());
}

/// An entry that was given another number, with a right checksum, shows it: the cache is read, and the files' features are not computed again.
TEST_F(TinyDataset, TheCacheIsReadNotOnlyWritten) {
  make();
  const Dataset dataset = open_dataset(settings_);
  const FeatureSet computed = load_features(dataset, Split::validation, kFrontEnd, quiet());
  const auto path = cache_files(cache()).at(0);
  std::string body = read_file(path);
  body.resize(body.size() - 64);
  body.back() = 7;  // the mark of the last frame
  write_file_atomic(path, body + sha256_hex(body));
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - std::chrono::hours(5));
  const auto old = std::filesystem::last_write_time(path);
  const FeatureSet cached = load_features(dataset, Split::validation, kFrontEnd, quiet());
  EXPECT_EQ(cached.features, computed.features);
  EXPECT_EQ(cached.silent_frames.back(), 7);
  EXPECT_GT(std::filesystem::last_write_time(path), old);  // a hit counts as use
}

TEST_F(TinyDataset, ChangedContentOrSettingsAreNotTakenFromTheCache) {
  make();
  const Dataset dataset = open_dataset(settings_);
  const FeatureSet before = load_features(dataset, Split::validation, kFrontEnd, quiet());
  write("yes/v1_nohash_0.wav", test_sound(4711));
  const FeatureSet after = load_features(dataset, Split::validation, kFrontEnd, quiet());
  EXPECT_NE(before.features, after.features);
  FrontEndSettings other;
  other.hop_samples = 640;
  EXPECT_EQ(load_features(dataset, Split::validation, other, quiet()).features_per_clip, 250);
  other.coefficient_shifts = std::vector<int>(10, 1);
  load_features(dataset, Split::validation, other, quiet());
  write("_background_noise_/hum.wav", test_sound(4712, 40000));
  EXPECT_NE(load_features(dataset, Split::validation, kFrontEnd, quiet()).features, after.features);
  EXPECT_EQ(cache_files(cache()).size(), 5u);
}

TEST_F(TinyDataset, ADamagedCacheFileIsReplaced) {
  make();
  const Dataset dataset = open_dataset(settings_);
  const FeatureSet computed = load_features(dataset, Split::validation, kFrontEnd, quiet());
  const auto path = cache_files(cache()).at(0);
  const std::string whole = read_file(path);
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  for (const std::string& damaged : {flipped, whole.substr(0, whole.size() / 2), whole + "x", std::string(), std::string("text")}) {
    write_file_atomic(path, damaged);
    expect_same(computed, load_features(dataset, Split::validation, kFrontEnd, quiet()));
    EXPECT_EQ(read_file(path), whole);
  }
}

TEST_F(TinyDataset, ACacheThatCannotBeWrittenDoesNotStopTheRun) {
  make();
  write_file_atomic(cache(), "a file where the folder should be");
  EXPECT_EQ(load_features(open_dataset(settings_), Split::validation, kFrontEnd, quiet()).row_count(), 12);
}

TEST_F(TinyDataset, BrokenFilesAreSkippedWithOneCountedWarning) {
  make();
  write_text("yes/v0_nohash_0.wav", "this is text");
  write_text("no/v2_nohash_0.wav", "");
  const Dataset dataset = open_dataset(settings_);
  testing::internal::CaptureStderr();
  const FeatureSet set = load_features(dataset, Split::validation, kFrontEnd, quiet());
  load_features(dataset, Split::validation, kFrontEnd, quiet());  // from the cache: no second warning
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(set.row_count(), 10);
  EXPECT_EQ(set.features.size(), 4900u);
  EXPECT_EQ(set.silent_frames.size(), 490u);
  for (std::size_t row = 0; row < 10; ++row) EXPECT_EQ(set.paths[row], dataset.validation[static_cast<std::size_t>(set.clip_ids[row])].path);
  const Mfcc mfcc(kFrontEnd);
  EXPECT_TRUE(std::ranges::equal(set.row(4), mfcc.features(read_audio(set.paths[4], 16000).samples)));
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
  EXPECT_NE(told.find("2 broken files skipped"), std::string::npos) << told;
  EXPECT_NE(told.find("yes/v0_nohash_0.wav"), std::string::npos) << told;

  settings_.is_strict = true;
  const std::string message = error_of([&] { load_features(open_dataset(settings_), Split::validation, kFrontEnd, quiet()); });
  EXPECT_NE(message.find("yes/v0_nohash_0.wav"), std::string::npos) << message;
}

TEST_F(TinyDataset, WhenEveryClipIsBrokenThatIsAnError) {
  make();
  for (const char* word : {"yes", "no", "cat", "dog"}) {
    for (int s = 0; s < 3; ++s) write_text(std::string(word) + "/v" + std::to_string(s) + "_nohash_0.wav", "text");
  }
  EXPECT_NE(error_of([&] { load_features(open_dataset(settings_), Split::validation, kFrontEnd, quiet()); }).find("not one of"), std::string::npos);
}

TEST_F(TinyDataset, OtherRatesAreConvertedWithOneCountedNoticeOrRefused) {
  make();
  write("yes/v0_nohash_0.wav", test_sound(1, 8000), 8000);
  write("yes/v1_nohash_0.wav", test_sound(2, 44100), 44100);
  testing::internal::CaptureStderr();
  EXPECT_EQ(load_features(open_dataset(settings_), Split::validation, kFrontEnd, quiet()).row_count(), 12);
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("2 files resampled from other rates to 16000 Hz"), std::string::npos) << told;
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
  settings_.is_strict = true;
  const std::string message = error_of([&] { load_features(open_dataset(settings_), Split::validation, kFrontEnd, quiet()); });
  EXPECT_NE(message.find("yes/v0_nohash_0.wav"), std::string::npos) << message;
}

TEST_F(TinyDataset, FrontEndSettingsWithoutMeaningAreRefused) {
  make();
  FrontEndSettings front_end;
  front_end.hop_samples = 0;
  EXPECT_NE(error_of([&] { load_features(open_dataset(settings_), Split::validation, front_end, quiet()); }, ErrorKind::usage), "no error");
}

TEST_F(TinyDataset, ShiftsBringAllButTheLargestValuesToAtMostOne) {
  make(20, 3);
  const Dataset dataset = open_dataset(settings_);
  const std::vector<int> shifts = choose_coefficient_shifts(dataset, kFrontEnd);
  ASSERT_EQ(shifts.size(), 10u);
  const FeatureSet plain = load_features(dataset, Split::training, kFrontEnd, quiet());
  for (std::size_t c = 0; c < 10; ++c) {
    const double limit = std::ldexp(1.0, shifts[c]);
    std::int64_t beyond = 0, beyond_half = 0, counted = 0;
    for (std::size_t frame = 0; frame < plain.silent_frames.size(); ++frame) {
      if (plain.silent_frames[frame]) continue;
      const double magnitude = std::abs(static_cast<double>(plain.features[frame * 10 + c]));
      ++counted;
      beyond += magnitude > limit ? 1 : 0;
      beyond_half += magnitude > limit / 2 ? 1 : 0;
    }
    EXPECT_LE(static_cast<double>(beyond), 0.001 * static_cast<double>(counted)) << c;
    EXPECT_GT(static_cast<double>(beyond_half), 0.001 * static_cast<double>(counted)) << c;  // half of it would be too small
  }
}

/// Clips of a loud word beside a lot of digital silence: the log floor of -247 would need a shift of 8.
TEST_F(TinyDataset, DigitalSilenceDoesNotMoveTheShifts) {
  make();
  for (const char* word : {"yes", "no"}) {
    for (int s = 0; s < 6; ++s) {
      auto sound = test_sound(static_cast<std::uint64_t>(s), 16000, 0.5);
      std::fill(sound.begin(), sound.begin() + 9600, 0.0f);
      write(std::string(word) + "/t" + std::to_string(s) + "_nohash_0.wav", sound);
    }
  }
  settings_.silence_percentage = 100;
  EXPECT_LT(choose_coefficient_shifts(open_dataset(settings_), kFrontEnd)[0], 8);
}

}  // namespace
}  // namespace qmn
