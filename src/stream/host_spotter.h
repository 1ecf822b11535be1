// SPDX-License-Identifier: Apache-2.0
// stream/host_spotter.h   The firmware's ears on the host: the very C of runtime/qmn_spotter.c and what lies below it, around the simulator.
#pragma once

#include "frontend/fixed_mfcc.h"
#include "simulate/simulate.h"
#include "stream/detection.h"

#include "qmn_spotter.h"

#include <functional>
#include <span>
#include <vector>

namespace qmn {

class HostSpotter {
 public:
  /// Of a run of the network, before its scores are smoothed: the last frame that it saw, and what it answered.
  using RunObserver = std::function<void(std::uint32_t frame, const Simulator::Result& result)>;

  /// Keeps references to the program, which hears_sound (emit/emit.h), and to the simulator.
  HostSpotter(const Program& program, const Simulator& simulator, OperatingPoint point);
  HostSpotter(const HostSpotter&) = delete;
  HostSpotter& operator=(const HostSpotter&) = delete;

  /// Samples at the front end's rate, any number. Returns what was heard. Pre: on any thread, by one spotter at a time.
  std::vector<Detection> push(std::span<const std::int16_t> samples, const RunObserver& observe = {});

  std::uint32_t frame_count() const { return spotter_.frame; }
  std::uint32_t run_count() const { return spotter_.decision.run_count; }
  /// The mean that is compared with the threshold, of 128; 0 before the first run.
  double smoothed(std::size_t word) const;
  const OperatingPoint& point() const { return point_; }

 private:
  static void* net_input();
  static void net_run();
  static const std::int8_t* net_scores();
  static void listen(void* context, std::int32_t word, std::int32_t score, std::uint32_t frame);

  const Simulator& simulator_;
  OperatingPoint point_;
  FixedMfcc mfcc_;
  std::vector<std::int8_t> shifts_;
  std::vector<std::int16_t> samples_, features_, sums_;
  std::vector<std::int32_t> workspace_;
  TensorBytes frames_, input_, history_;
  Simulator::Result result_;
  qmn_spotter_settings settings_{};
  qmn_spotter spotter_{};
  std::vector<Detection> heard_;
  const RunObserver* observe_ = nullptr;
};

}  // namespace qmn
