/* SPDX-License-Identifier: Apache-2.0
 * qmn_softmax_s16_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   d = max(in) - in[i]     e[i] = round_shift(coarse[d >> 8] * fine[d mod 256], 15), 0 where d >> 8 >= coarse_count
 *   out[i] = min(127, floor(128 * e[i] / sum(e) + 1/2))     real = out * 2^-7     exact: floor(a / b + 1/2) = floor((2a + b) / 2b).
 * Pre: 1 <= count <= 65535; entries are at most 32768, coarse[0] = fine[0] = 32768: the sum stays below 2^31.
 */
#include "qmn_internal.h"

static inline uint32_t exponential(const qmn_softmax_s16* layer, int32_t distance) {
  const int32_t coarse = distance >> 8;
  if (coarse >= layer->coarse_count) return 0;
  return ((uint32_t)layer->coarse[coarse] * layer->fine[distance & 255] + (1u << 14)) >> 15;
}

QMN_KERNEL void qmn_softmax_s16_s8_ref(const qmn_softmax_s16* layer, const int16_t* input, int8_t* output) {
  int32_t largest = input[0];
  for (int32_t i = 1; i < layer->count; ++i) {
    if (input[i] > largest) largest = input[i];
  }
  uint32_t sum = 0;
  for (int32_t i = 0; i < layer->count; ++i) sum += exponential(layer, largest - input[i]);
  for (int32_t i = 0; i < layer->count; ++i) {
    const uint32_t share = (256u * exponential(layer, largest - input[i]) + sum) / (2u * sum);
    output[i] = (int8_t)(share > 127u ? 127u : share);
  }
}
