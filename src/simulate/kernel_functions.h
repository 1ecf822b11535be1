// SPDX-License-Identifier: Apache-2.0
// simulate/kernel_functions.h   The C functions of one kernel, of which the types of its input and output choose one.
#pragma once

#include "simulate/c_layers.h"

#include <cstdint>

namespace qmn {

/// `More`: what the functions take behind input and output, as scratch.
template <class Layer, class... More>
struct KernelFunctions {
  template <class In, class Out>
  using Function = void (*)(const Layer*, const In*, Out*, More...);

  Function<std::int8_t, std::int8_t> s8;
  Function<std::int8_t, std::int16_t> s8_s16;
  Function<std::int16_t, std::int8_t> s16_s8;
  Function<std::int16_t, std::int16_t> s16;

  void operator()(const Layer& layer, const Operands& at, More... more) const {
    const bool reads_16 = at.in.format.total_bits == 16, writes_16 = at.out.format.total_bits == 16;
    const auto* wide_input = reinterpret_cast<const std::int16_t*>(at.input);  // aligned: simulate/memory.h
    auto* wide_output = reinterpret_cast<std::int16_t*>(at.output);
    if (reads_16) writes_16 ? s16(&layer, wide_input, wide_output, more...) : s16_s8(&layer, wide_input, at.output, more...);
    else writes_16 ? s8_s16(&layer, at.input, wide_output, more...) : s8(&layer, at.input, at.output, more...);
  }
};

/// A shift for all channels, or one for each.
template <class Layer, class... More>
struct WeightedKernelFunctions {
  KernelFunctions<Layer, More...> plain, channels;
  void operator()(const Layer& layer, const Epilogue& epilogue, const Operands& at, More... more) const { (epilogue.is_per_channel() ? channels : plain)(layer, at, more...); }
};

}  // namespace qmn
