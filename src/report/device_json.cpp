// SPDX-License-Identifier: Apache-2.0
// report/device_json.cpp   What the program takes on the device: the arena over time, and each kernel's share. A step is the arrival of the
// input, then each kernel in order of execution, a loop in front of its body.
#include "program/traits.h"
#include "report/report_parts.h"

#include <algorithm>
#include <utility>

namespace qmn {
namespace {

struct Lifetime {
  int first = 0, end = 0;  // half-open, in steps; empty: the tensor is a slice and has no place of its own
};

/// From the step that first writes a tensor to the last that reads it. The logits and scores live to the end; what a loop finds, it finds again
/// in its next step, so that it lives as long as the loop.
class Lifetimes {
 public:
  explicit Lifetimes(const Program& program) : lifetimes_(program.tensors.size()), place_of_(program.tensors.size()) {
    for (std::size_t id = 0; id < place_of_.size(); ++id) place_of_[id] = id;
    for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
      if (const auto* loop = std::get_if<LoopKernel>(&kernel)) {
        for (const auto* slices : {&loop->inputs, &loop->outputs}) {
          for (const LoopKernel::Slice& slice : *slices) place_of_[static_cast<std::size_t>(slice.slice)] = static_cast<std::size_t>(slice.outer);
        }
      }
    });
    touch(program.input);
    walk(program.kernels);
    for (const TensorId kept : {program.logits, program.output}) touch(kept);
  }

  const std::vector<Lifetime>& all() const { return lifetimes_; }

 private:
  void touch(TensorId id) {
    Lifetime& lifetime = lifetimes_[place_of_[static_cast<std::size_t>(id)]];
    if (lifetime.end == 0) lifetime.first = step_;
    lifetime.end = step_ + 1;
  }

  void walk(const std::vector<Kernel>& kernels) {
    for (const Kernel& kernel : kernels) {
      ++step_;
      for (const TensorId id : inputs_of(kernel)) touch(id);
      for (const TensorId id : outputs_of(kernel)) touch(id);
      if (const auto* loop = std::get_if<LoopKernel>(&kernel)) walk_loop(*loop);
    }
  }

  void walk_loop(const LoopKernel& loop) {
    const int entry = step_;
    walk(loop.body);
    for (const LoopKernel::State& state : loop.states) {
      touch(state.state);
      touch(state.next);
    }
    for (Lifetime& lifetime : lifetimes_) {
      if (lifetime.first <= entry && lifetime.end > entry) lifetime.end = step_ + 1;
    }
  }

  std::vector<Lifetime> lifetimes_;
  std::vector<std::size_t> place_of_;  // of a slice: the tensor that it is a piece of
  int step_ = 0;
};

std::int64_t scratch_bytes(const Program& program, const MemoryPlan& plan, const Kernel& kernel) { return traits_of(program, kernel, plan.variant).scratch_bytes; }

/// Bytes of the arena that hold a living tensor or the kernel's scratch: the union of their places.
std::int64_t bytes_in_use(const Program& program, const MemoryPlan& plan, const std::vector<Lifetime>& lifetimes, const Kernel& kernel, int step) {
  std::vector<std::pair<std::int64_t, std::int64_t>> places;
  if (const std::int64_t bytes = scratch_bytes(program, plan, kernel); bytes > 0) {
    const std::int64_t offset = plan.scratch_offset(outputs_of(kernel).front());
    places.emplace_back(offset, offset + bytes);
  }
  for (std::size_t id = 0; id < lifetimes.size(); ++id) {
    if (lifetimes[id].first <= step && step < lifetimes[id].end) places.emplace_back(plan.offsets[id], plan.offsets[id] + program.tensors[id].size_bytes());
  }
  std::ranges::sort(places);
  std::int64_t bytes = 0, reached = 0;
  for (const auto& [begin, end] : places) {
    bytes += std::max<std::int64_t>(0, end - std::max(begin, reached));
    reached = std::max(reached, end);
  }
  return bytes;
}

}  // namespace

nlohmann::json memory_json(const Program& program, const MemoryPlan& plan) {
  const Lifetimes lifetimes(program);
  nlohmann::json steps = nlohmann::json::array({"input"}), tensors = nlohmann::json::array();
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) { steps.push_back(kernel_name(kernel)); });
  for (std::size_t id = 0; id < program.tensors.size(); ++id) {
    const Lifetime& lifetime = lifetimes.all()[id];
    if (lifetime.end == 0) continue;
    tensors.push_back({{"name", program.tensors[id].name}, {"first", lifetime.first}, {"end", lifetime.end}, {"offset", plan.offsets[id]}, {"size_bytes", program.tensors[id].size_bytes()}});
  }
  int step = 0;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    ++step;
    const std::int64_t bytes = scratch_bytes(program, plan, kernel);
    if (bytes == 0) return;
    tensors.push_back({{"name", "scratch of " + kernel_name(kernel)}, {"first", step}, {"end", step + 1}, {"offset", plan.scratch_offset(outputs_of(kernel).front())},
                       {"size_bytes", bytes}});
  });
  return {{"steps", std::move(steps)}, {"tensors", std::move(tensors)}, {"arena_bytes", plan.arena_bytes}, {"lower_bound_bytes", plan.lower_bound_bytes}};
}

nlohmann::json kernels_json(const Program& program, const MemoryPlan& plan) {
  const Lifetimes lifetimes(program);
  nlohmann::json kernels = nlohmann::json::array();
  int step = 0;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t runs) {
    const bool is_loop = std::holds_alternative<LoopKernel>(kernel);  // the kernels of its body stand for it
    kernels.push_back({{"name", kernel_name(kernel)}, {"operator", kernel_op(kernel)}, {"flash_bytes", is_loop ? 0 : constant_bytes(program, kernel, plan.variant)},
                       {"ram_bytes", bytes_in_use(program, plan, lifetimes.all(), kernel, ++step)}, {"macs", is_loop ? 0 : runs * mac_count(program, kernel)}});
  });
  return kernels;
}

}  // namespace qmn
