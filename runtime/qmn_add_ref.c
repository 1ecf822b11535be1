/* SPDX-License-Identifier: Apache-2.0
 * qmn_add_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[i] = clip(round_shift(a[i] * a_factor + b[i % b_count] * b_factor, out_shift), clip_min, clip_max)
 * With fa, fb, fy fractional bits and f = max(fa, fb, fy): a_factor = 2^(f - fa), b_factor = +-2^(f - fb), out_shift = f - fy. The sum is
 * exact; it is rounded once.
 * Pre (proved by lowering): the sum and its rounding stay within int32 for all values of the operands' types.
 */
#include "qmn_values.h"

QMN_INLINE void add(const qmn_add *layer, const void *a, int32_t a_bytes, const void *b, int32_t b_bytes, void *output,
                    int32_t output_bytes) {
  for (int32_t first = 0; first < layer->count; first += layer->b_count) {
    for (int32_t i = 0; i < layer->b_count; ++i) {
      const int32_t sum = qmn_load(a, a_bytes, first + i) * layer->a_factor + qmn_load(b, b_bytes, i) * layer->b_factor;
      qmn_store(output, output_bytes, first + i, qmn_clip_to(qmn_round_shift(sum, layer->out_shift), layer->clip_min, layer->clip_max));
    }
  }
}

#define QMN_ADD(name, type_a, type_b, type_out)                                                             \
  QMN_KERNEL void name(const qmn_add *layer, const type_a *a, const type_b *b, type_out *output) {          \
    add(layer, a, (int32_t)sizeof *a, b, (int32_t)sizeof *b, output, (int32_t)sizeof *output);              \
  }

QMN_ADD(qmn_add_s8_ref, int8_t, int8_t, int8_t)
QMN_ADD(qmn_add_s8_s16_ref, int8_t, int8_t, int16_t)
QMN_ADD(qmn_add_s8s16_s8_ref, int8_t, int16_t, int8_t)
QMN_ADD(qmn_add_s8s16_s16_ref, int8_t, int16_t, int16_t)
QMN_ADD(qmn_add_s16s8_s8_ref, int16_t, int8_t, int8_t)
QMN_ADD(qmn_add_s16s8_s16_ref, int16_t, int8_t, int16_t)
QMN_ADD(qmn_add_s16_s8_ref, int16_t, int16_t, int8_t)
QMN_ADD(qmn_add_s16_ref, int16_t, int16_t, int16_t)
