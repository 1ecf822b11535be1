// SPDX-License-Identifier: Apache-2.0
// stream/scored_stream.h   The scores of all runs of a network over a recording, and what a decision makes of them, as often as one likes.
#pragma once

#include "simulate/simulate.h"
#include "stream/detection.h"
#include "stream/truth.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace qmn {

/// A word of the truth that the network knows.
struct Utterance {
  int word = 0;  ///< index of the class
  double start = 0, end = 0;
};

struct ScoredStream {
  FrontEndSettings front_end;
  std::size_t class_count = 0;
  int interval_frames = 1;
  std::vector<std::uint32_t> frames;  ///< of each run, the last that it saw
  std::vector<std::int8_t> scores;    ///< [run][class], Q0.7
  std::vector<Utterance> truth;        ///< by start
  double seconds = 0;                 ///< of the recording
  std::size_t run_count() const { return frames.size(); }
  double hours() const { return seconds / 3600; }
};

/// Runs front end and network as the firmware does (stream/host_spotter.h), on all cores. `observe` sees the count of runs so far, by one
/// thread at a time. Words of the truth that are no label, or begin with "_", are left out.
ScoredStream score_stream(const Program& program, const Simulator& simulator, int interval_frames, std::span<const std::int16_t> samples, const std::vector<SpokenWord>& truth,
                          const std::function<void(std::size_t runs)>& observe = {});
/// How many runs that takes.
std::size_t run_count_of(std::size_t sample_count, const FrontEndSettings& front_end, int interval_frames);

/// The runs that end, and the words that start, within the first or the second half.
ScoredStream half_of(const ScoredStream& stream, bool is_second);

/// What runtime/qmn_decision.c hears in the scores. Pre: the point's interval is the stream's.
std::vector<Detection> decide(const ScoredStream& stream, const OperatingPoint& point);

}  // namespace qmn
