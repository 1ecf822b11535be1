// SPDX-License-Identifier: Apache-2.0
#include "simulate/run_elementwise.h"

#include "qmn_kernels.h"

#include <algorithm>

namespace qmn {
namespace {

using S8 = std::int8_t;
using S16 = std::int16_t;

// One name for the C functions of all types.
void call(const qmn_add& l, const S8* a, const S8* b, S8* out) { qmn_add_s8_ref(&l, a, b, out); }
void call(const qmn_add& l, const S8* a, const S8* b, S16* out) { qmn_add_s8_s16_ref(&l, a, b, out); }
void call(const qmn_add& l, const S8* a, const S16* b, S8* out) { qmn_add_s8s16_s8_ref(&l, a, b, out); }
void call(const qmn_add& l, const S8* a, const S16* b, S16* out) { qmn_add_s8s16_s16_ref(&l, a, b, out); }
void call(const qmn_add& l, const S16* a, const S8* b, S8* out) { qmn_add_s16s8_s8_ref(&l, a, b, out); }
void call(const qmn_add& l, const S16* a, const S8* b, S16* out) { qmn_add_s16s8_s16_ref(&l, a, b, out); }
void call(const qmn_add& l, const S16* a, const S16* b, S8* out) { qmn_add_s16_s8_ref(&l, a, b, out); }
void call(const qmn_add& l, const S16* a, const S16* b, S16* out) { qmn_add_s16_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S8* a, const S8* b, S8* out) { qmn_mul_s8_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S8* a, const S8* b, S16* out) { qmn_mul_s8_s16_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S8* a, const S16* b, S8* out) { qmn_mul_s8s16_s8_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S8* a, const S16* b, S16* out) { qmn_mul_s8s16_s16_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S16* a, const S8* b, S8* out) { qmn_mul_s16s8_s8_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S16* a, const S8* b, S16* out) { qmn_mul_s16s8_s16_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S16* a, const S16* b, S8* out) { qmn_mul_s16_s8_ref(&l, a, b, out); }
void call(const qmn_mul& l, const S16* a, const S16* b, S16* out) { qmn_mul_s16_ref(&l, a, b, out); }
void call(const qmn_interpolate& l, const S16* in, S8* out) { qmn_interpolate_s16_s8_ref(&l, in, out); }
void call(const qmn_interpolate& l, const S16* in, S16* out) { qmn_interpolate_s16_ref(&l, in, out); }
void call(const qmn_copy& l, const S8* in, S8* out) { qmn_copy_s8_ref(&l, in, out); }
void call(const qmn_copy& l, const S8* in, S16* out) { qmn_copy_s8_s16_ref(&l, in, out); }
void call(const qmn_copy& l, const S16* in, S8* out) { qmn_copy_s16_s8_ref(&l, in, out); }
void call(const qmn_copy& l, const S16* in, S16* out) { qmn_copy_s16_ref(&l, in, out); }
void call(const qmn_fill& l, S8* out) { qmn_fill_s8_ref(&l, out); }
void call(const qmn_fill& l, S16* out) { qmn_fill_s16_ref(&l, out); }

std::vector<S8> narrowed(const std::vector<S16>& values) {
  std::vector<S8> narrow(values.size());
  std::transform(values.begin(), values.end(), narrow.begin(), [](S16 value) { return static_cast<S8>(value); });
  return narrow;
}

/// The right operand: a tensor, or the constant with its type.
template <class Kernel, class Layer>
void run_binary(const Kernel& kernel, const Layer& layer, const Memory& memory) {
  const auto with_right = [&](auto* right) {
    std::visit([&](auto* left, auto* output) { call(layer, left, right, output); }, memory.values(kernel.left), memory.values(kernel.output));
  };
  if (kernel.right >= 0) {
    std::visit(with_right, memory.values(kernel.right));
  } else if (kernel.constant.format.total_bits == 8) {
    with_right(narrowed(kernel.constant.values).data());
  } else {
    with_right(kernel.constant.values.data());
  }
}

template <class Kernel>
std::int32_t right_count(const Kernel& kernel, const Memory& memory) {
  return kernel.right >= 0 ? memory.tensor(kernel.right).value_count() : static_cast<std::int32_t>(kernel.constant.values.size());
}

qmn_copy c_copy(const CopyRows& rows, RawRange clip) {
  return {.rows = rows.rows,
          .row_count = rows.row_count,
          .in_step = rows.in_step,
          .out_step = rows.out_step,
          .left_shift = rows.left_shift,
          .right_shift = rows.right_shift,
          .clip_min = clip.min,
          .clip_max = clip.max};
}

void run_copy(const CopyRows& rows, RawRange clip, TensorId input, TensorId output, const Memory& memory) {
  const qmn_copy layer = c_copy(rows, clip);
  std::visit([&](auto* in, auto* out) { call(layer, in + rows.in_first, out + rows.out_first); }, memory.values(input), memory.values(output));
}

}  // namespace

void run(const AddKernel& kernel, const Memory& memory) {
  const qmn_add layer{.count = memory.tensor(kernel.output).value_count(),
                      .b_count = right_count(kernel, memory),
                      .a_factor = kernel.left_factor,
                      .b_factor = kernel.right_factor,
                      .out_shift = kernel.out_shift,
                      .clip_min = kernel.clip.min,
                      .clip_max = kernel.clip.max};
  run_binary(kernel, layer, memory);
}

void run(const MulKernel& kernel, const Memory& memory) {
  const qmn_mul layer{.count = memory.tensor(kernel.output).value_count(),
                      .b_count = right_count(kernel, memory),
                      .out_shift = kernel.out_shift,
                      .clip_min = kernel.clip.min,
                      .clip_max = kernel.clip.max};
  run_binary(kernel, layer, memory);
}

void run(const LookupKernel& kernel, const Memory& memory) {
  const std::int32_t count = memory.tensor(kernel.output).value_count();
  if (kernel.output_bits == 8) {
    const std::vector<S8> table = narrowed(kernel.table);
    const qmn_lookup_s8 layer{count, table.data()};
    qmn_lookup_s8_ref(&layer, memory.bytes(kernel.input), memory.bytes(kernel.output));
  } else {
    const qmn_lookup_s8_s16 layer{count, kernel.table.data()};
    qmn_lookup_s8_s16_ref(&layer, memory.bytes(kernel.input), std::get<S16*>(memory.values(kernel.output)));
  }
}

void run(const InterpolateKernel& kernel, const Memory& memory) {
  const QFormat out = memory.tensor(kernel.output).format;
  const qmn_interpolate layer{.count = memory.tensor(kernel.output).value_count(),
                              .half_span = kernel.table.half_span,
                              .segment_shift = kernel.table.segment_shift,
                              .out_shift = kernel.table.out_shift,
                              .clip_min = static_cast<S16>(out.raw_min()),
                              .clip_max = static_cast<S16>(out.raw_max()),
                              .table = kernel.table.values.data()};
  const S16* input = std::get<S16*>(memory.values(kernel.input));
  std::visit([&](auto* output) { call(layer, input, output); }, memory.values(kernel.output));
}

void run(const CopyKernel& kernel, const Memory& memory) { run_copy(kernel.copy, kernel.clip, kernel.input, kernel.output, memory); }

void run(const ConcatKernel& kernel, const Memory& memory) {
  const QFormat out = memory.tensor(kernel.output).format;
  const RawRange whole{static_cast<S16>(out.raw_min()), static_cast<S16>(out.raw_max())};
  for (std::size_t i = 0; i < kernel.inputs.size(); ++i) run_copy(kernel.copies[i], whole, kernel.inputs[i], kernel.output, memory);
}

void run(const FillKernel& kernel, const Memory& memory) {
  const qmn_fill layer{memory.tensor(kernel.output).value_count(), kernel.value};
  std::visit([&](auto* output) { call(layer, output); }, memory.values(kernel.output));
}

}  // namespace qmn
