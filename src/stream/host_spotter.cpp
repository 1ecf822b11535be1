// SPDX-License-Identifier: Apache-2.0
#include "stream/host_spotter.h"

#include "base/check.h"

#include <algorithm>
#include <limits>

namespace qmn {
namespace {

/// The network of the C has no context: on the device there is one.
thread_local HostSpotter* active = nullptr;

}  // namespace

HostSpotter::HostSpotter(const Program& program, const Simulator& simulator, OperatingPoint point)
    : simulator_(simulator), point_(std::move(point)), mfcc_(program.metadata.front_end),
      shifts_(input_shifts(mfcc_.tables(), program.metadata.front_end.coefficient_shifts, program.tensor(program.input).format.frac_bits)) {
  const qmn_mfcc& mfcc = mfcc_.c_struct();
  const ProgramTensor& input = program.tensor(program.input);
  const auto class_count = static_cast<std::size_t>(program.tensor(program.output).value_count());
  QMN_CHECK(point_.thresholds.size() == class_count, "a threshold for each class");
  samples_.resize(static_cast<std::size_t>(mfcc.window_samples));
  features_.resize(static_cast<std::size_t>(mfcc.coefficient_count));
  workspace_.resize(static_cast<std::size_t>(QMN_MFCC_WORKSPACE_BYTES(mfcc.fft_length, mfcc.first_bin, mfcc.end_bin)) / 4);
  frames_.resize(static_cast<std::size_t>(input.size_bytes()));
  input_.resize(frames_.size());
  sums_.resize(class_count);
  history_.resize(class_count * static_cast<std::size_t>(point_.smoothing_count));
  settings_ = {.mfcc = &mfcc,
               .input_shifts = shifts_.data(),
               .value_bytes = input.format.total_bits / 8,
               .frame_count = input.height,
               .interval_frames = point_.interval_frames,
               .decision = {.class_count = static_cast<std::int32_t>(class_count), .smoothing_count = point_.smoothing_count, .rest_frames = point_.rest_frames, .thresholds = point_.thresholds.data()},
               .net_input = net_input,
               .net_run = net_run,
               .net_scores = net_scores};
  spotter_.settings = &settings_;
  spotter_.listener = listen;
  spotter_.context = this;
  spotter_.samples = samples_.data();
  spotter_.workspace = workspace_.data();
  spotter_.features = features_.data();
  spotter_.frames = frames_.data();
  spotter_.decision.history = history_.data();
  spotter_.decision.sums = sums_.data();
  qmn_spotter_start(&spotter_);
}

void* HostSpotter::net_input() { return active->input_.data(); }

void HostSpotter::net_run() { active->result_ = active->simulator_.run(active->input_, 1); }

const std::int8_t* HostSpotter::net_scores() {
  if (*active->observe_) (*active->observe_)(active->spotter_.frame - 1, active->result_);
  return active->result_.scores.data();
}

void HostSpotter::listen(void* context, std::int32_t word, std::int32_t score, std::uint32_t frame) {
  static_cast<HostSpotter*>(context)->heard_.push_back({word, score, frame});
}

std::vector<Detection> HostSpotter::push(std::span<const std::int16_t> samples, const RunObserver& observe) {
  heard_.clear();
  observe_ = &observe;
  active = this;
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  for (std::size_t at = 0; at < samples.size(); at += kMost) {
    qmn_spotter_push(&spotter_, samples.data() + at, static_cast<std::int32_t>(std::min(kMost, samples.size() - at)));
  }
  active = nullptr;
  observe_ = nullptr;
  return std::move(heard_);
}

double HostSpotter::smoothed(std::size_t word) const {
  return spotter_.decision.run_count == 0 ? 0 : static_cast<double>(sums_[word]) / qmn_decision_count(&spotter_.decision);
}

}  // namespace qmn
