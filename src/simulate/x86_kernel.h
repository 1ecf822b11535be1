// SPDX-License-Identifier: Apache-2.0
// simulate/x86_kernel.h   Kernels for AVX2, equal to the reference bit for bit: convolutions, depthwise ones, fully connected layers and average
// pools, of int8 and int16 on either side.
//
// One scheme for all types: the input is widened to int16 into a plane with its padding (x86_plane.h), weights are widened once when the kernel is
// made, and vpmaddwd adds the products of two neighbors to int32. That is exact, |int16 · int8| · 2 <= 2^23, where vpmaddubsw on bytes would
// saturate; that sums stay within int32 is proved by lowering.
#pragma once

#include "program/program.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace qmn {

/// One kernel of a program in that form.
class X86Kernel {
 public:
  virtual ~X86Kernel() = default;
  /// int16 values that run() works in; they hold nothing between two calls.
  virtual std::size_t scratch_values() const = 0;
  /// Input and output as the tensors lie in an arena; they do not overlap.
  virtual void run(const std::int8_t* input, std::int8_t* output, std::int16_t* scratch) const = 0;
};

/// The kernel with its constants in the order in which AVX2 reads them; null where it has no such form, or the processor no AVX2.
std::unique_ptr<const X86Kernel> make_x86_kernel(const Program& program, const Kernel& kernel);

// The same for each kind; only called where has_avx2().
std::unique_ptr<const X86Kernel> make_x86(const Program& program, const Conv2dKernel& kernel);  ///< convolutions
std::unique_ptr<const X86Kernel> make_x86(const Program& program, const DepthwiseConv2dKernel& kernel);  ///< depthwise ones
std::unique_ptr<const X86Kernel> make_x86(const Program& program, const FullyConnectedKernel& kernel);  ///< fully connected layers
std::unique_ptr<const X86Kernel> make_x86(const Program& program, const AveragePool2dKernel& kernel);  ///< average pools

}  // namespace qmn
