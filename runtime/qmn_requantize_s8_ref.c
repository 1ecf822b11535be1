/* SPDX-License-Identifier: Apache-2.0
 * qmn_requantize_s8_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[i] = clip(round_shift(in[i] * 2^left_shift, right_shift), clip_min, clip_max)
 * Pre: 0 <= left_shift <= 22, 0 <= right_shift <= 30. Input and output may be the same buffer.
 */
#include "qmn_internal.h"

QMN_KERNEL void qmn_requantize_s8_ref(const qmn_requantize *layer, const int8_t *input, int8_t *output) {
  const int32_t factor = (int32_t)1 << layer->left_shift;
  for (int32_t i = 0; i < layer->count; ++i) {
    output[i] = qmn_clip(qmn_round_shift(input[i] * factor, layer->right_shift), layer->clip_min, layer->clip_max);
  }
}
