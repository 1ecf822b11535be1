// SPDX-License-Identifier: Apache-2.0
#include "stream/scored_stream.h"

#include "base/check.h"
#include "base/parallel.h"
#include "stream/host_spotter.h"

#include "qmn_decision.h"

#include <algorithm>
#include <mutex>

namespace qmn {
namespace {

/// Runs that one task scores: it computes the frames before its first run anew.
constexpr std::size_t kRunsPerTask = 256;

std::vector<Utterance> utterances_of(const std::vector<SpokenWord>& truth, const std::vector<std::string>& labels) {
  std::vector<Utterance> utterances;
  for (const SpokenWord& spoken : truth) {
    const auto label = std::ranges::find(labels, spoken.word);
    if (label != labels.end() && !label->starts_with('_')) utterances.push_back({static_cast<int>(label - labels.begin()), spoken.start, spoken.end});
  }
  return utterances;
}

}  // namespace

std::size_t run_count_of(std::size_t sample_count, const FrontEndSettings& front_end, int interval_frames) {
  const auto window = static_cast<std::size_t>(front_end.window_samples), hop = static_cast<std::size_t>(front_end.hop_samples), input = static_cast<std::size_t>(front_end.frame_count());
  const std::size_t frames = sample_count < window ? 0 : 1 + (sample_count - window) / hop;
  return frames < input ? 0 : 1 + (frames - input) / static_cast<std::size_t>(interval_frames);
}

ScoredStream score_stream(const Program& program, const Simulator& simulator, int interval_frames, std::span<const std::int16_t> samples, const std::vector<SpokenWord>& truth,
                          const std::function<void(std::size_t runs)>& observe) {
  const FrontEndSettings& front_end = program.metadata.front_end;
  const std::size_t run_count = run_count_of(samples.size(), front_end, interval_frames);
  ScoredStream stream{.front_end = front_end, .class_count = static_cast<std::size_t>(program.tensor(program.output).value_count()), .interval_frames = interval_frames, .frames = {}, .scores = {},
                      .truth = utterances_of(truth, program.metadata.labels), .seconds = static_cast<double>(samples.size()) / front_end.sample_rate_hz};
  const auto input_frames = static_cast<std::size_t>(front_end.frame_count()), interval = static_cast<std::size_t>(interval_frames), hop = static_cast<std::size_t>(front_end.hop_samples);
  for (std::size_t run = 0; run < run_count; ++run) stream.frames.push_back(static_cast<std::uint32_t>(run * interval + input_frames - 1));
  stream.scores.resize(run_count * stream.class_count);
  std::mutex mutex;
  std::size_t done = 0;
  parallel_for((run_count + kRunsPerTask - 1) / kRunsPerTask, [&](std::size_t task) {
    const std::size_t first = task * kRunsPerTask, end = std::min(first + kRunsPerTask, run_count);
    const std::size_t begin = first * interval * hop, length = (stream.frames[end - 1] * hop + static_cast<std::size_t>(front_end.window_samples)) - begin;
    HostSpotter spotter(program, simulator, {.interval_frames = interval_frames, .smoothing_count = 1, .rest_frames = 0, .thresholds = std::vector<std::uint8_t>(stream.class_count)});
    std::size_t run = first;
    spotter.push(samples.subspan(begin, length), [&](std::uint32_t, const Simulator::Result& result) {
      std::ranges::copy(result.scores, stream.scores.begin() + static_cast<std::ptrdiff_t>(run++ * stream.class_count));
    });
    QMN_CHECK(run == end, "a task's samples are those of its runs");
    const std::lock_guard lock(mutex);
    done += end - first;
    if (observe) observe(done);
  });
  return stream;
}

ScoredStream half_of(const ScoredStream& stream, bool is_second) {
  const double middle = stream.seconds / 2;
  ScoredStream half{.front_end = stream.front_end, .class_count = stream.class_count, .interval_frames = stream.interval_frames, .frames = {}, .scores = {}, .truth = {}, .seconds = middle};
  for (std::size_t run = 0; run < stream.run_count(); ++run) {
    if ((end_of_frame(stream.frames[run], stream.front_end) > middle) != is_second) continue;
    half.frames.push_back(stream.frames[run]);
    const auto scores = stream.scores.begin() + static_cast<std::ptrdiff_t>(run * stream.class_count);
    half.scores.insert(half.scores.end(), scores, scores + static_cast<std::ptrdiff_t>(stream.class_count));
  }
  std::ranges::copy_if(stream.truth, std::back_inserter(half.truth), [&](const Utterance& word) { return (word.start > middle) == is_second; });
  return half;
}

std::vector<Detection> decide(const ScoredStream& stream, const OperatingPoint& point) {
  QMN_CHECK(point.interval_frames == stream.interval_frames && point.thresholds.size() == stream.class_count, "the point is one of the stream");
  const qmn_decision_settings settings{.class_count = static_cast<std::int32_t>(stream.class_count), .smoothing_count = point.smoothing_count, .rest_frames = point.rest_frames, .thresholds = point.thresholds.data()};
  std::vector<std::int8_t> history(stream.class_count * static_cast<std::size_t>(point.smoothing_count));
  std::vector<std::int16_t> sums(stream.class_count);
  qmn_decision decision{.settings = &settings, .history = history.data(), .sums = sums.data(), .run_count = 0, .rest_left = 0};
  qmn_decision_start(&decision);
  std::vector<Detection> heard;
  for (std::size_t run = 0; run < stream.run_count(); ++run) {
    std::int32_t score = 0;
    const std::int32_t word = qmn_decision_step(&decision, stream.interval_frames, stream.scores.data() + run * stream.class_count, &score);
    if (word >= 0) heard.push_back({word, score, stream.frames[run]});
  }
  return heard;
}

}  // namespace qmn
