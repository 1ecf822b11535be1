/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_ref.h   NORMATIVE, in the functions of qmn_fully_connected_s8_ref.c and qmn_fully_connected_s16_ref.c (ties up):
 *   out[r] = clip(round_shift(bias[r] * 2^bias_shift + sum over c of in[c] * weights[r][c], out_shift), clip_min, clip_max)
 *            out_shifts[r] where it is per channel
 * Pre (proved by lowering): the accumulator stays within int32 for every input; input and output do not overlap.
 */
#ifndef QMN_FULLY_CONNECTED_REF_H
#define QMN_FULLY_CONNECTED_REF_H

#include "qmn_weighted.h"

#define QMN_FULLY_CONNECTED(name, type_in, type_out, is_per_channel)                                                                    \
  QMN_KERNEL void name(const qmn_fully_connected* layer, const type_in* input, type_out* output) {                                      \
    qmn_matrix_vector(input, (int32_t)sizeof *input, layer->weights, layer->out_count, layer->in_count, &layer->bias, &layer->epilogue, \
                      is_per_channel, output, (int32_t)sizeof *output);                                                                 \
  }

#endif /* QMN_FULLY_CONNECTED_REF_H */
