// SPDX-License-Identifier: Apache-2.0
#include "simulate/simulate.h"

#include "base/check.h"
#include "base/parallel.h"
#include "plan/plan.h"

#include <algorithm>

namespace qmn {
namespace {

/// Clips that one task runs in one arena.
constexpr std::int64_t kClipsPerTask = 16;

std::size_t size_of(const ProgramTensor& tensor) { return static_cast<std::size_t>(tensor.size_bytes()); }

MemoryPlan checked(const Program& program, MemoryPlan plan) {
  const std::string fault = validate_plan(program, plan);
  QMN_CHECK(fault.empty(), fault.c_str());
  return plan;
}

}  // namespace

Simulator::Simulator(const Program& program, MemoryPlan plan, HostKernels host_kernels)
    : program_(&program), plan_(checked(program, std::move(plan))), prepared_(program, plan_, host_kernels) {}

TensorBytes Simulator::quantize_input(std::span<const float> reals, std::int64_t clip_count) const {
  const ProgramTensor& tensor = program_->tensor(program_->input);
  const auto clip_size = static_cast<std::size_t>(tensor.value_count());
  QMN_CHECK(reals.size() == clip_size * static_cast<std::size_t>(clip_count), "the features fill the input of each clip");
  const auto channels = static_cast<std::size_t>(tensor.channels);
  const std::size_t pixels = clip_size / channels;
  std::vector<std::int32_t> nhwc(reals.size());
  for (std::size_t clip = 0; clip < static_cast<std::size_t>(clip_count); ++clip) {
    const std::size_t first = clip * clip_size;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        const auto real = static_cast<double>(reals[first + channel * pixels + pixel]);
        nhwc[first + pixel * channels + channel] = static_cast<std::int32_t>(quantize(real, tensor.format));
      }
    }
  }
  return tensor_bytes(nhwc, tensor.format);
}

Simulator::Result Simulator::run(std::span<const std::int8_t> inputs, std::int64_t clip_count) const {
  const std::size_t input_size = size_of(program_->tensor(program_->input));
  const std::size_t logits_size = size_of(program_->tensor(program_->logits));
  const bool has_scores = program_->output != program_->logits;
  QMN_CHECK(inputs.size() == input_size * static_cast<std::size_t>(clip_count), "the inputs fill the input tensor of each clip");
  Result result;
  result.logits.resize(logits_size * static_cast<std::size_t>(clip_count));
  const std::size_t scores_size = size_of(program_->tensor(program_->output));
  if (has_scores) result.scores.resize(scores_size * static_cast<std::size_t>(clip_count));
  const std::int64_t task_count = (clip_count + kClipsPerTask - 1) / kClipsPerTask;
  parallel_for(static_cast<std::size_t>(task_count), [&](std::size_t task) {
    Workspace workspace(plan_, prepared_);
    const auto at = [&](TensorId id) { return workspace.arena.begin() + plan_.offsets[static_cast<std::size_t>(id)]; };
    const auto first = static_cast<std::int64_t>(task) * kClipsPerTask;
    const std::int64_t end = std::min(first + kClipsPerTask, clip_count);
    for (auto clip = static_cast<std::size_t>(first); clip < static_cast<std::size_t>(end); ++clip) {
      std::ranges::copy(inputs.subspan(clip * input_size, input_size), at(program_->input));
      run_kernels(*program_, plan_, prepared_, workspace);
      std::copy_n(at(program_->logits), logits_size, result.logits.begin() + static_cast<std::ptrdiff_t>(clip * logits_size));
      if (has_scores) std::copy_n(at(program_->output), scores_size, result.scores.begin() + static_cast<std::ptrdiff_t>(clip * scores_size));
    }
  });
  return result;
}

std::vector<TensorBytes> Simulator::trace(std::span<const std::int8_t> input) const {
  QMN_CHECK(input.size() == size_of(program_->tensor(program_->input)), "the input fills the input tensor");
  Workspace workspace(plan_, prepared_);
  const auto at = [&](TensorId id) { return workspace.arena.begin() + plan_.offsets[static_cast<std::size_t>(id)]; };
  std::vector<TensorBytes> tensors(program_->tensors.size());
  std::ranges::copy(input, at(program_->input));
  tensors[static_cast<std::size_t>(program_->input)].assign(input.begin(), input.end());
  run_kernels(*program_, plan_, prepared_, workspace, [&](TensorId id, const std::int8_t* bytes) {
    tensors[static_cast<std::size_t>(id)].assign(bytes, bytes + program_->tensor(id).size_bytes());
  });
  return tensors;
}

}  // namespace qmn
