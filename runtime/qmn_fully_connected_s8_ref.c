/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_s8_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[r] = clip(round_shift(bias[r] * 2^bias_shift + sum over c of in[c] * weights[r][c], out_shift), clip_min, clip_max)
 * Pre (proved by lowering): the accumulator stays within int32 for every input; input and output do not overlap.
 */
#include "qmn_internal.h"

QMN_KERNEL void qmn_fully_connected_s8_ref(const qmn_fully_connected *layer, const int8_t *input, int8_t *output) {
  qmn_matrix_vector_s8(input, layer->weights, layer->out_count, layer->in_count, &layer->bias, &layer->epilogue, output);
}
