/* SPDX-License-Identifier: Apache-2.0
 * qmn_mul_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[i] = clip(round_shift(a[i] * b[i % b_count], out_shift), clip_min, clip_max),   out_shift = fa + fb - fy
 * No product overflows: |a * b| <= 2^30, and 2^30 + 2^29 < 2^31. Pre: 0 <= out_shift <= 30.
 */
#include "qmn_values.h"

QMN_INLINE void mul(const qmn_mul *layer, const void *a, int32_t a_bytes, const void *b, int32_t b_bytes, void *output,
                    int32_t output_bytes) {
  for (int32_t first = 0; first < layer->count; first += layer->b_count) {
    for (int32_t i = 0; i < layer->b_count; ++i) {
      const int32_t product = qmn_load(a, a_bytes, first + i) * qmn_load(b, b_bytes, i);
      qmn_store(output, output_bytes, first + i,
                qmn_clip_to(qmn_round_shift(product, layer->out_shift), layer->clip_min, layer->clip_max));
    }
  }
}

#define QMN_MUL(name, type_a, type_b, type_out)                                                             \
  QMN_KERNEL void name(const qmn_mul *layer, const type_a *a, const type_b *b, type_out *output) {          \
    mul(layer, a, (int32_t)sizeof *a, b, (int32_t)sizeof *b, output, (int32_t)sizeof *output);              \
  }

QMN_MUL(qmn_mul_s8_ref, int8_t, int8_t, int8_t)
QMN_MUL(qmn_mul_s8_s16_ref, int8_t, int8_t, int16_t)
QMN_MUL(qmn_mul_s8s16_s8_ref, int8_t, int16_t, int8_t)
QMN_MUL(qmn_mul_s8s16_s16_ref, int8_t, int16_t, int16_t)
QMN_MUL(qmn_mul_s16s8_s8_ref, int16_t, int8_t, int8_t)
QMN_MUL(qmn_mul_s16s8_s16_ref, int16_t, int8_t, int16_t)
QMN_MUL(qmn_mul_s16_s8_ref, int16_t, int16_t, int8_t)
QMN_MUL(qmn_mul_s16_ref, int16_t, int16_t, int16_t)
