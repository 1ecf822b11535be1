// SPDX-License-Identifier: Apache-2.0
// A whole net on the host's ears against a definition that keeps everything: the features of a clip cut out for each run, the simulator on
// it, sums over the last scores.
#include "stream/host_spotter.h"

#include "base/random.h"
#include "board/hand_quantized.h"
#include "lower/lower.h"
#include "plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

std::vector<std::int16_t> stream_of(std::size_t count) {
  Random random({5});
  std::vector<std::int16_t> samples;
  double amplitude = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 4000 == 0) amplitude = std::exp(random.uniform(3, 10));
    samples.push_back(static_cast<std::int16_t>(random.uniform(-amplitude, amplitude)));
  }
  return samples;
}

struct Defined {
  std::vector<std::vector<std::int8_t>> runs;
  std::vector<Detection> heard;
};

Defined by_definition(const Program& program, const Simulator& simulator, const OperatingPoint& point, const std::vector<std::int16_t>& stream) {
  const FrontEndSettings& front_end = program.metadata.front_end;
  const FixedMfcc mfcc(front_end);
  const int hop = front_end.hop_samples, first = front_end.frame_count() - 1;
  const int frames = 1 + (static_cast<int>(stream.size()) - front_end.window_samples) / hop;
  Defined result;
  std::int64_t last_heard = -1'000'000;
  for (int frame = first; frame < frames; frame += point.interval_frames) {
    const auto begin = static_cast<std::size_t>((frame - first) * hop);
    const auto length = std::min(static_cast<std::size_t>(front_end.clip_samples), stream.size() - begin);
    const TensorBytes input = simulator.quantize_input(mfcc.features(std::span(stream).subspan(begin, length)), 1);
    result.runs.push_back(simulator.run(input, 1).scores);
    const int count = std::min(static_cast<int>(result.runs.size()), point.smoothing_count);
    int best = -1, best_sum = 0;
    for (std::size_t word = 0; word < point.thresholds.size(); ++word) {
      int sum = 0;
      for (int i = 0; i < count; ++i) sum += result.runs[result.runs.size() - 1 - static_cast<std::size_t>(i)][word];
      if (point.thresholds[word] == 0 || sum < point.thresholds[word] * count || (best >= 0 && sum <= best_sum)) continue;
      best = static_cast<int>(word);
      best_sum = sum;
    }
    if (best < 0 || frame - last_heard <= point.rest_frames) continue;
    last_heard = frame;
    result.heard.push_back({best, best_sum / count, static_cast<std::uint32_t>(frame)});
  }
  return result;
}

TEST(HostSpotter, HearsWhatTheDefinitionHears) {
  const Model model = hand_quantized("dnn", {12, 9}, {"_silence_", "_unknown_", "yes", "no"});
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program, KernelVariant::ref));
  const std::vector<std::int16_t> stream = stream_of(80'000);
  std::size_t heard_count = 0;
  for (const OperatingPoint& point : {OperatingPoint{1, 1, 0, {0, 0, 40, 40}}, OperatingPoint{2, 3, 10, {1, 20, 30, 30}}, OperatingPoint{5, 4, 25, {0, 0, 33, 20}}}) {
    HostSpotter spotter(program, simulator, point);
    std::vector<std::vector<std::int8_t>> runs;
    std::vector<Detection> heard;
    Random random({6});
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t count = std::min<std::size_t>(random.uniform_int(3000), stream.size() - at);
      const auto observe = [&](std::uint32_t frame, const Simulator::Result& result) {
        EXPECT_EQ(frame, 24U + runs.size() * static_cast<std::size_t>(point.interval_frames));
        runs.emplace_back(result.scores);
      };
      for (const Detection& detection : spotter.push(std::span(stream).subspan(at, count), observe)) heard.push_back(detection);
      at += count;
    }
    const Defined expected = by_definition(program, simulator, point, stream);
    EXPECT_EQ(runs, expected.runs);
    EXPECT_EQ(heard, expected.heard);
    EXPECT_EQ(spotter.run_count(), expected.runs.size());
    heard_count += heard.size();
  }
  EXPECT_GT(heard_count, 20U) << "the test hears next to nothing";
}

TEST(HostSpotter, AFrameEndsWithTheLastSampleOfItsWindow) {
  FrontEndSettings front_end;  // 16 kHz, windows of 640 every 320
  EXPECT_DOUBLE_EQ(end_of_frame(0, front_end), 0.04);
  EXPECT_DOUBLE_EQ(end_of_frame(48, front_end), 1.0);
}

}  // namespace
}  // namespace qmn
