/* SPDX-License-Identifier: Apache-2.0
 * qmn_copy_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[row * out_step + i] = clip(round_shift(in[row * in_step + i] * 2^left_shift, right_shift), clip_min, clip_max),   i < row_count
 * Pre: 0 <= left_shift <= 15, 0 <= right_shift <= 30; input and output do not overlap.
 */
#include "qmn_values.h"

QMN_INLINE void copy(const qmn_copy *layer, const void *input, int32_t input_bytes, void *output, int32_t output_bytes) {
  const int32_t factor = (int32_t)1 << layer->left_shift;
  for (int32_t row = 0; row < layer->rows; ++row) {
    for (int32_t i = 0; i < layer->row_count; ++i) {
      const int32_t value = qmn_load(input, input_bytes, row * layer->in_step + i) * factor;
      qmn_store(output, output_bytes, row * layer->out_step + i,
                qmn_clip_to(qmn_round_shift(value, layer->right_shift), layer->clip_min, layer->clip_max));
    }
  }
}

#define QMN_COPY(name, type_in, type_out)                                                \
  QMN_KERNEL void name(const qmn_copy *layer, const type_in *input, type_out *output) {  \
    copy(layer, input, (int32_t)sizeof *input, output, (int32_t)sizeof *output);         \
  }

QMN_COPY(qmn_copy_s8_ref, int8_t, int8_t)
QMN_COPY(qmn_copy_s8_s16_ref, int8_t, int16_t)
QMN_COPY(qmn_copy_s16_s8_ref, int16_t, int8_t)
QMN_COPY(qmn_copy_s16_ref, int16_t, int16_t)
