// SPDX-License-Identifier: Apache-2.0
// simulate/simulate.h   Runs a Program on the host, inside its planned arena: what the device computes. Under a plan for `ref` by kernels of the host's own
// (x86_kernel.h), proved equal to the reference of runtime/, which runs wherever there is none; under a plan for `dsp` or `mve` by those of
// runtime/, which in C compute what their instructions do on the device.
#pragma once

#include "program/program.h"
#include "program/tensor_bytes.h"
#include "simulate/run_kernel.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

class Simulator {
 public:
  /// Keeps a reference to the program.
  Simulator(const Program& program, MemoryPlan plan, HostKernels host_kernels = HostKernels::fastest);

  /// The program's input tensor from real features, [clip][C·H·W] NCHW as the Graph sees them: quantized and brought to NHWC.
  TensorBytes quantize_input(std::span<const float> reals, std::int64_t clip_count) const;

  struct Result {
    TensorBytes logits;  ///< [clip][classes]
    TensorBytes scores;  ///< [clip][classes], Q0.7; empty when the program has no softmax
  };
  /// Runs clips in parallel; `inputs` are NHWC.
  Result run(std::span<const std::int8_t> inputs, std::int64_t clip_count) const;

  /// Every tensor of one inference, by TensorId, as written by its kernel (before anything overwrites it); in the body of a loop, as its last
  /// step wrote it. States hold what the loop made of them; the slices that a loop reads are empty.
  std::vector<TensorBytes> trace(std::span<const std::int8_t> input) const;

 private:
  const Program* program_;
  MemoryPlan plan_;
  PreparedKernels prepared_;
};

}  // namespace qmn
