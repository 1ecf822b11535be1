// SPDX-License-Identifier: Apache-2.0
// emit/weights_text.h   What layers with weights say about themselves, whichever library runs them: formats, shifts, and proofs that the compiler checks.
#pragma once

#include "base/check.h"
#include "emit/layer_text.h"
#include "lower/accumulator_bound.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace qmn {

template <class K>
const char* by_channel(const K& kernel) {
  return kernel.epilogue.is_per_channel() ? " in the widest channel" : "";
}

template <class K>
void write_weights_comment(LayerText& text, const K& kernel) {
  text.definitions.line("/* {}: {}, {} -> {};\n * weights {}, bias {}: bias_shift {}, out_shift {}{} */", comment_text(kernel.name), kernel_op(Kernel{kernel}),
                        tensor_text(text.program.tensor(kernel.input)), tensor_text(text.program.tensor(kernel.output)), kernel.weight_format.name(),
                        kernel.bias.format.name(), kernel.bias.shift, kernel.epilogue.out_shift, by_channel(kernel));
}

/// static const <type> <name>[…] = {…};
template <class Number>
void write_array(CWriter& out, const std::string& type, const std::string& name, const std::vector<Number>& values, std::size_t group, const char* group_name) {
  out.open("static const {} {}[{}] = {{", type, name, values.size());
  out.numbers(std::span<const Number>(values), group, group_name);
  out.close("};");
}

inline std::vector<std::int8_t> narrow(const std::vector<std::int32_t>& values) {
  std::vector<std::int8_t> bytes;
  for (const std::int32_t value : values) bytes.push_back(static_cast<std::int8_t>(value));
  return bytes;
}

template <class K>
void write_shift_asserts(LayerText& text, const K& kernel, const std::string& layer) {
  const std::int64_t worst = accumulator_bound(kernel, text.program.tensor(kernel.input).format).largest;
  const int largest_shift = kernel.epilogue.is_per_channel() ? *std::ranges::max_element(kernel.epilogue.out_shifts) : kernel.epilogue.out_shift;
  QMN_CHECK(worst <= std::numeric_limits<std::int32_t>::max(), "lowering proves that accumulators stay within int32");
  QMN_CHECK(kernel.epilogue.out_shift >= 0 && largest_shift <= kMaxOutShift && kernel.bias.shift >= 0, "shifts are in range");
  text.definitions.line("_Static_assert({} >= 0 && {} <= {}, \"{}: shifts within range\");", kernel.bias.shift, largest_shift, kMaxOutShift, layer);
  text.definitions.line("_Static_assert(INT64_C({}) <= INT32_MAX, \"{}: the largest accumulator stays within int32\");", worst, layer);
}

}  // namespace qmn
