/* SPDX-License-Identifier: Apache-2.0
 * qmn_lookup_ref.c   NORMATIVE: every other variant matches it bit for bit.
 *   out[i] = table[in[i] + 128]
 * Sigmoid and tanh of int8: entry k = saturate(floor(f((k - 128) * 2^-frac_bits(in)) * 2^frac_bits(out) + 1/2)), exact to rounding.
 */
#include "qmn_internal.h"

QMN_KERNEL void qmn_lookup_s8_ref(const qmn_lookup_s8 *layer, const int8_t *input, int8_t *output) {
  for (int32_t i = 0; i < layer->count; ++i) output[i] = layer->table[input[i] + 128];
}

QMN_KERNEL void qmn_lookup_s8_s16_ref(const qmn_lookup_s8_s16 *layer, const int8_t *input, int16_t *output) {
  for (int32_t i = 0; i < layer->count; ++i) output[i] = layer->table[input[i] + 128];
}
