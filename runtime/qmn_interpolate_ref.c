/* SPDX-License-Identifier: Apache-2.0
 * qmn_interpolate_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   u = min(max(in, -half_span), half_span - 1) + half_span,  k = u >> segment_shift,  f = u mod 2^segment_shift
 *   out = clip(round_shift(table[k] * 2^segment_shift + (table[k + 1] - table[k]) * f, out_shift), clip_min, clip_max)
 * Sigmoid and tanh of int16: straight lines between entries; qformat/curve.h makes the tables and states the error.
 * No sum overflows: it lies between two entries times 2^segment_shift, and 2^15 * 2^14 + 2^29 < 2^31.
 */
#include "qmn_values.h"

QMN_INLINE void interpolate(const qmn_interpolate *layer, const int16_t *input, void *output, int32_t output_bytes) {
  const int32_t segment = (int32_t)1 << layer->segment_shift;
  for (int32_t i = 0; i < layer->count; ++i) {
    const int32_t position = qmn_clip_to(input[i], -layer->half_span, layer->half_span - 1) + layer->half_span;
    const int16_t *entry = layer->table + (position >> layer->segment_shift);
    const int32_t line = entry[0] * segment + (entry[1] - entry[0]) * (position & (segment - 1));
    qmn_store(output, output_bytes, i, qmn_clip_to(qmn_round_shift(line, layer->out_shift), layer->clip_min, layer->clip_max));
  }
}

QMN_KERNEL void qmn_interpolate_s16_s8_ref(const qmn_interpolate *layer, const int16_t *input, int8_t *output) {
  interpolate(layer, input, output, 1);
}

QMN_KERNEL void qmn_interpolate_s16_ref(const qmn_interpolate *layer, const int16_t *input, int16_t *output) {
  interpolate(layer, input, output, 2);
}
