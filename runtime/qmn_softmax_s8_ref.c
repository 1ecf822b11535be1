/* SPDX-License-Identifier: Apache-2.0
 * qmn_softmax_s8_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   e[i] = exp_table[max(in) - in[i]]     out[i] = min(127, floor(128 * e[i] / sum(e) + 1/2))     real = out * 2^-7
 *   exact: floor(a / b + 1/2) = floor((2a + b) / 2b).
 * Pre: 1 <= count <= 65535; exp_table has 256 entries of at most 32768, exp_table[0] = 32768: the sum stays below 2^31.
 * Input and output may be the same buffer.
 */
#include "qmn_internal.h"

QMN_KERNEL void qmn_softmax_s8_ref(const qmn_softmax *layer, const int8_t *input, int8_t *output) {
  int32_t largest = input[0];
  for (int32_t i = 1; i < layer->count; ++i) {
    if (input[i] > largest) largest = input[i];
  }
  uint32_t sum = 0;
  for (int32_t i = 0; i < layer->count; ++i) sum += layer->exp_table[largest - input[i]];
  for (int32_t i = 0; i < layer->count; ++i) {
    const uint32_t share = (256u * layer->exp_table[largest - input[i]] + sum) / (2u * sum);
    output[i] = (int8_t)(share > 127u ? 127u : share);
  }
}
