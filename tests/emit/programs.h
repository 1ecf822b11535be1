// SPDX-License-Identifier: Apache-2.0
// tests/emit/programs.h   Programs for the tests of emission and boards: a tiny fixed one, and random ones of odd shapes.
#pragma once

#include "emit/emit.h"
#include "program/program.h"

#include <cstdint>
#include <vector>

namespace qmn {

/// Every kernel once, names that need care, an 8-bit and a 32-bit bias.
Program tiny_program(std::uint64_t seed = 101);

/// An image and a chain of kernels, convolutions with any stride, dilation and padding; each seed from a different mixture of kernels.
Program random_program(std::uint64_t seed);

/// A loop whose body is an LSTM with a peephole and an int16 cell state, over the rows of the input, and what reads its last state and its
/// outputs of all steps: every kernel of runtime/qmn_elementwise.h, max pool, mixed types. `is_tiny` fixes the sizes.
Program recurrent_program(std::uint64_t seed, bool is_tiny = false);

/// `count` inputs: all of the lowest raw value, all of the highest, alternating extremes, zeros, then random ones.
std::vector<TensorBytes> extreme_inputs(const Program& program, std::size_t count, std::uint64_t seed);

/// What the simulator makes of inputs.
std::vector<KnownAnswer> known_answers(const Program& program, const MemoryPlan& plan, const std::vector<TensorBytes>& inputs);

}  // namespace qmn
