// SPDX-License-Identifier: Apache-2.0
// From samples to words against a definition that keeps everything: all frames from whole clips, all scores, sums over the last of them.
#include "base/random.h"
#include "frontend/fixed_mfcc.h"

#include "qmn_spotter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace qmn {
namespace {

constexpr int kFrames = 6, kClasses = 4;

FrontEndSettings front_end(int hop) {
  FrontEndSettings settings;
  settings.window_samples = 96;
  settings.hop_samples = hop;
  settings.clip_samples = 96 + (kFrames - 1) * hop;
  settings.coefficient_count = 5;
  settings.mel_bands = 12;
  settings.coefficient_shifts = {6, 3, 2, 1, 0};
  return settings;
}

/// A network whose scores are sums over parts of its input, brought to 0 … 127.
template <class Value>
struct ToyNet {
  static inline std::array<Value, kFrames * 5> input{};
  static inline std::array<std::int8_t, kClasses> scores{};
  static void* net_input() { return input.data(); }
  static std::array<std::int8_t, kClasses> scores_of(const std::vector<Value>& values) {
    std::array<std::int8_t, kClasses> result{};
    for (std::size_t c = 0; c < kClasses; ++c) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * static_cast<std::int64_t>((i * (c + 2)) % 7 + 1);
      result[c] = static_cast<std::int8_t>(((sum % 128) + 128) % 128);
    }
    return result;
  }
  static void net_run() { scores = scores_of({input.begin(), input.end()}); }
  static const std::int8_t* net_scores() { return scores.data(); }
};

struct Heard {
  std::int32_t word, score;
  std::uint32_t frame;
  friend bool operator==(const Heard&, const Heard&) = default;
};

struct Point {
  int interval, smoothing, rest;
  std::array<std::uint8_t, kClasses> thresholds;
};

void note(void* context, std::int32_t word, std::int32_t score, std::uint32_t frame) { static_cast<std::vector<Heard>*>(context)->push_back({word, score, frame}); }

template <class Value>
class Spotting {
 public:
  Spotting(const FrontEndSettings& settings, const Point& point)
      : settings_(settings), point_(point), mfcc_(settings), shifts_(input_shifts(mfcc_.tables(), settings.coefficient_shifts, sizeof(Value) == 1 ? 4 : 9)) {}

  /// In blocks of random sizes.
  std::vector<Heard> by_runtime(const std::vector<std::int16_t>& stream, std::uint64_t seed) {
    const qmn_mfcc& c = mfcc_.c_struct();
    const qmn_spotter_settings settings{.mfcc = &c,
                                        .input_shifts = shifts_.data(),
                                        .value_bytes = sizeof(Value),
                                        .frame_count = kFrames,
                                        .interval_frames = point_.interval,
                                        .decision = {.class_count = kClasses, .smoothing_count = point_.smoothing, .rest_frames = point_.rest, .thresholds = point_.thresholds.data()},
                                        .net_input = ToyNet<Value>::net_input,
                                        .net_run = ToyNet<Value>::net_run,
                                        .net_scores = ToyNet<Value>::net_scores};
    std::vector<std::int16_t> samples(static_cast<std::size_t>(c.window_samples)), features(5), sums(kClasses);
    std::vector<std::int32_t> workspace(static_cast<std::size_t>(QMN_MFCC_WORKSPACE_BYTES(c.fft_length, c.first_bin, c.end_bin)) / 4);
    std::vector<Value> frames(kFrames * 5);
    std::vector<std::int8_t> history(static_cast<std::size_t>(point_.smoothing * kClasses));
    std::vector<Heard> heard;
    qmn_spotter spotter{.settings = &settings, .listener = note, .context = &heard, .samples = samples.data(), .workspace = workspace.data(), .features = features.data(),
                        .frames = frames.data(), .decision = {.settings = nullptr, .history = history.data(), .sums = sums.data(), .run_count = 0, .rest_left = 0}, .stream = {}, .frame = 0};
    Random random({seed});
    for (int again = 0; again < 2; ++again) {  // a second start forgets the first
      heard.clear();
      qmn_spotter_start(&spotter);
      for (std::size_t at = 0; at < stream.size();) {
        const std::size_t count = std::min<std::size_t>(random.uniform_int(200), stream.size() - at);
        qmn_spotter_push(&spotter, stream.data() + at, static_cast<std::int32_t>(count));
        at += count;
      }
    }
    return heard;
  }

  std::vector<Heard> by_definition(const std::vector<std::int16_t>& stream) const {
    const int window = settings_.window_samples, hop = settings_.hop_samples;
    const int frame_count = static_cast<int>(stream.size()) < window ? 0 : 1 + (static_cast<int>(stream.size()) - window) / hop;
    std::vector<Value> values;  // of all frames
    for (int frame = 0; frame < frame_count; ++frame) {
      FrontEndSettings one = settings_;
      one.clip_samples = window;
      const auto reals = FixedMfcc(one).features(std::span(stream).subspan(static_cast<std::size_t>(frame * hop), static_cast<std::size_t>(window)));
      for (const float real : reals) {
        const double raw = std::floor(std::ldexp(static_cast<double>(real), sizeof(Value) == 1 ? 4 : 9) + 0.5);
        values.push_back(static_cast<Value>(std::clamp<double>(raw, std::numeric_limits<Value>::min(), std::numeric_limits<Value>::max())));
      }
    }
    std::vector<Heard> heard;
    std::vector<std::array<std::int8_t, kClasses>> runs;
    int last_heard = -1'000'000;
    for (int frame = kFrames - 1; frame < frame_count; frame += point_.interval) {
      const auto first = values.begin() + (frame - kFrames + 1) * 5;
      runs.push_back(ToyNet<Value>::scores_of({first, first + kFrames * 5}));
      const int count = std::min<int>(static_cast<int>(runs.size()), point_.smoothing);
      int best = -1, best_sum = 0;
      for (int word = 0; word < kClasses; ++word) {
        int sum = 0;
        for (int i = 0; i < count; ++i) sum += runs[runs.size() - 1 - static_cast<std::size_t>(i)][static_cast<std::size_t>(word)];
        const int threshold = point_.thresholds[static_cast<std::size_t>(word)];
        if (threshold != 0 && sum >= threshold * count && (best < 0 || sum > best_sum)) best = word, best_sum = sum;
      }
      if (best < 0 || frame - last_heard <= point_.rest) continue;
      last_heard = frame;
      heard.push_back({best, best_sum / count, static_cast<std::uint32_t>(frame)});
    }
    return heard;
  }

 private:
  FrontEndSettings settings_;
  Point point_;
  FixedMfcc mfcc_;
  std::vector<std::int8_t> shifts_;
};

std::vector<std::int16_t> stream_of(std::size_t count, std::uint64_t seed) {
  Random random({seed, 9});
  std::vector<std::int16_t> samples;
  double amplitude = 1000;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 300 == 0) amplitude = std::exp(random.uniform(0, 10));
    samples.push_back(static_cast<std::int16_t>(random.uniform(-amplitude, amplitude)));
  }
  return samples;
}

template <class Value>
void expect_equal() {
  std::size_t heard = 0;
  for (const int hop : {32, 96, 130}) {  // overlapping, adjoining, with gaps
    for (const Point& point : {Point{1, 1, 0, {0, 70, 80, 90}}, Point{2, 3, 7, {60, 0, 60, 60}}, Point{5, 2, 12, {64, 64, 64, 64}}, Point{3, 4, 3, {0, 127, 1, 0}}}) {
      Spotting<Value> spotting(front_end(hop), point);
      const auto stream = stream_of(9000, static_cast<std::uint64_t>(hop));
      const auto expected = spotting.by_definition(stream);
      EXPECT_EQ(spotting.by_runtime(stream, 1), expected) << "hop " << hop << " interval " << point.interval;
      EXPECT_EQ(spotting.by_runtime(stream, 2), expected) << "in other blocks";
      heard += expected.size();
    }
  }
  EXPECT_GT(heard, 100U) << "the test hears next to nothing";
}

TEST(Spotter, HearsWhatTheDefinitionHears) { expect_equal<std::int8_t>(); }
TEST(Spotter, HearsWhatTheDefinitionHearsWithInt16Features) { expect_equal<std::int16_t>(); }

TEST(Spotter, ShortStreamsAreNoInput) {
  Spotting<std::int8_t> spotting(front_end(32), {1, 1, 0, {1, 1, 1, 1}});
  EXPECT_TRUE(spotting.by_runtime(stream_of(96 + 5 * 32 - 1, 1), 1).empty());
  EXPECT_TRUE(spotting.by_runtime({}, 1).empty());
}

TEST(InputShifts, BeyondTheirLimitsGiveTheSameAsTheLimits) {
  MfccTables tables;
  tables.feature_frac_bits = {7, 7, 7};
  EXPECT_EQ(input_shifts(tables, {}, 3), (std::vector<std::int8_t>{4, 4, 4}));
  EXPECT_EQ(input_shifts(tables, {20, -9, -40}, 3), (std::vector<std::int8_t>{24, -5, -15}));
}

}  // namespace
}  // namespace qmn
