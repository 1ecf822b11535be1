// SPDX-License-Identifier: Apache-2.0
// simulate/run_kernel.h   The kernels of a Program: their C structs of runtime/qmn_kernels.h, and the calls, of the forms that the plan is for.
#pragma once

#include "program/mve_layout.h"
#include "program/program.h"
#include "simulate/x86_kernel.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace qmn {

/// Hears of a tensor behind the kernel that wrote it; in a loop at every step, and of the loop's own outputs behind its last step.
using OnWritten = std::function<void(TensorId id, const std::int8_t* bytes)>;

/// What runs where a plan is for `ref`: kernels of the host's own, equal to the reference, where there are any, or the reference alone.
enum class HostKernels { fastest, reference };

/// A form of the device other than the reference; pools have no constants.
struct DeviceForm {
  KernelVariant form;
  ReorderedConstants constants;
};

/// Kernels with their constants in an order of their own, made once, by the tensor that each writes: forms of the device under a plan for `dsp` or
/// `mve`, forms of the host under one for `ref`. Any other kernel runs its reference.
struct PreparedKernels {
  PreparedKernels(const Program& program, const MemoryPlan& plan, HostKernels host_kernels);

  std::map<TensorId, DeviceForm> device;
  std::vector<std::unique_ptr<const X86Kernel>> x86;  ///< by TensorId
  std::size_t scratch_values = 0;                     ///< the most that any of x86 takes
};

/// What kernels work in, for one inference after another.
struct Workspace {
  Workspace(const MemoryPlan& plan, const PreparedKernels& prepared)
      : arena(static_cast<std::size_t>(plan.arena_bytes)), scratch(prepared.scratch_values) {}

  std::vector<std::int8_t> arena;  ///< aligned as operator new does
  std::vector<std::int16_t> scratch;
};

/// Runs all kernels in order; tensors and scratch of the device lie where the plan puts them in the arena.
void run_kernels(const Program& program, const MemoryPlan& plan, const PreparedKernels& prepared, Workspace& workspace, const OnWritten& on_written = {});

}  // namespace qmn
