/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_dsp.h   The body of qmn_fully_connected_s8_dsp.c and qmn_fully_connected_s16_dsp.c. The input is widened, or copied where it is int16, once;
 * four rows of the matrix at a time, of which each group of four columns takes one load of the input, two loads and eight extensions of weights,
 * and eight SMLAD.
 *
 * Weights are reordered at export: [four rows][group of 4 columns][row of the four][4], rows and columns filled up with zeros.
 */
#ifndef QMN_FULLY_CONNECTED_DSP_H
#define QMN_FULLY_CONNECTED_DSP_H

#include "qmn_kernels_dsp.h"

#include "qmn_dsp.h"
#include "qmn_values.h"

/* sums[0 ... 3] += four rows times the vector; returns the weights behind them. */
#if QMN_HAS_DSP
#define QMN_ROW(sum, weights)           \
  "sxtb16 r8, " weights "\n"            \
  "sxtb16 " weights ", " weights ", ror #8\n" \
  "smlad " sum ", r6, r8, " sum "\n"    \
  "smlad " sum ", r7, " weights ", " sum "\n"
#define QMN_GROUP                \
  "ldrd r9, r10, [r0], #8\n"     \
  "ldrd r6, r7, [r1], #8\n"      \
  QMN_ROW("r3", "r9")            \
  QMN_ROW("r4", "r10")           \
  "ldrd r9, r10, [r0], #8\n"     \
  QMN_ROW("r5", "r9")            \
  QMN_ROW("r12", "r10")
/* r0 weights, r1 vector, r2 its end, r3 r4 r5 r12 the sums, r6 r7 input, r8 ... r10 weights, lr where the sums go. Groups of 8 bytes of vector. */
__attribute__((naked, unused)) static const int8_t *add_rows(const int8_t *weights __attribute__((unused)), const int16_t *vector __attribute__((unused)),
                                                     const int16_t *vector_end __attribute__((unused)), int32_t *sums __attribute__((unused))) {
  __asm__(
      "push {r4-r10, lr}\n"
      "mov lr, r3\n"
      "ldrd r3, r4, [lr]\n"
      "ldrd r5, r12, [lr, #8]\n"
      "subs r6, r2, r1\n"
      "ubfx r6, r6, #3, #2\n" /* groups modulo 4 */
      "tbb [pc, r6]\n"
      "7: .byte (1f - 7b) / 2, (4f - 7b) / 2, (3f - 7b) / 2, (2f - 7b) / 2\n"
      "1:\n"
      QMN_GROUP
      "2:\n"
      QMN_GROUP
      "3:\n"
      QMN_GROUP
      "4:\n"
      QMN_GROUP
      "cmp r1, r2\n"
      "bne 1b\n"
      "strd r3, r4, [lr]\n"
      "strd r5, r12, [lr, #8]\n"
      "pop {r4-r10, pc}\n");
}
#else
static const int8_t *add_rows(const int8_t *weights, const int16_t *vector, const int16_t *vector_end, int32_t *sums) {
  for (; vector < vector_end; vector += 4) {
    for (int32_t row = 0; row < 4; ++row, weights += 4) {
      sums[row] += vector[0] * weights[0] + vector[1] * weights[2] + vector[2] * weights[1] + vector[3] * weights[3];
    }
  }
  return weights;
}
#endif

/* In the order in which SXTB16 takes bytes apart: 0, 2, 1, 3 of each four. */
static inline int16_t *order(const int16_t *input, int32_t count, int16_t *vector) {
  for (int32_t i = 0; i < count; i += 4, vector += 4) {
    vector[0] = input[i];
    vector[1] = i + 2 < count ? input[i + 2] : 0;
    vector[2] = i + 1 < count ? input[i + 1] : 0;
    vector[3] = i + 3 < count ? input[i + 3] : 0;
  }
  return vector;
}

static inline int16_t *widen(const int8_t *input, int32_t count, int16_t *vector) {
  for (; count > 0; count -= 4, input += 4, vector += 4) {
    uint32_t word = 0;
    if (count >= 4) {
      word = qmn_load_word(input);
    } else {
      for (int32_t i = 0; i < count; ++i) word |= (uint32_t)(uint8_t)input[i] << (8 * i);
    }
    const uint32_t halves[2] = {qmn_even_bytes(word), qmn_odd_bytes(word)};
    __builtin_memcpy(vector, halves, sizeof halves);
  }
  return vector;
}

/* Rows row ... row + count - 1, count = 1 ... 4; returns the weights behind them. The result saturates to its type, or to its values from 0 on. */
QMN_INLINE const int8_t *finish_rows(const qmn_fully_connected *layer, int32_t shift, int is_per_channel, int32_t is_relu, const int8_t *weights, const int16_t *vector,
                                     const int16_t *end, int32_t row, int32_t count, void *output, int32_t out_bytes) {
  int32_t sums[4] = {0, 0, 0, 0};
  for (int32_t i = 0; i < count; ++i) sums[i] = layer->bias.s32[row + i];
  weights = add_rows(weights, vector, end, sums);
  for (int32_t i = 0; i < count; ++i) {
    const int32_t value = sums[i] >> (is_per_channel ? layer->epilogue.out_shifts[row + i] : shift);
    qmn_store(output, out_bytes, row + i, is_relu ? qmn_saturate_relu(value, out_bytes) : qmn_saturate(value, out_bytes));
  }
  return weights;
}

QMN_INLINE void multiply(const qmn_fully_connected *layer, int is_per_channel, const void *input, int32_t in_bytes, void *output, int32_t out_bytes, void *scratch) {
  int16_t *const vector = scratch;
  const int16_t *const end = in_bytes == 1 ? widen(input, layer->in_count, vector) : order(input, layer->in_count, vector);
  const int8_t *weights = layer->weights;
  const int32_t shift = is_per_channel ? 0 : layer->epilogue.out_shift, is_relu = layer->epilogue.clip_min >= 0;
  const int32_t most = out_bytes == 1 ? 127 : 32767;
  int32_t row = 0;
  for (; row + 4 <= layer->out_count; row += 4) weights = finish_rows(layer, shift, is_per_channel, is_relu, weights, vector, end, row, 4, output, out_bytes);
  if (row < layer->out_count) finish_rows(layer, shift, is_per_channel, is_relu, weights, vector, end, row, layer->out_count - row, output, out_bytes);
  if (layer->epilogue.clip_max == most && (layer->epilogue.clip_min == 0 || layer->epilogue.clip_min == -most - 1)) return;
  for (int32_t i = 0; i < layer->out_count; ++i) {
    qmn_store(output, out_bytes, i, qmn_clip_to(qmn_load(output, out_bytes, i), layer->epilogue.clip_min, layer->epilogue.clip_max));
  }
}

#define QMN_FULLY_CONNECTED(name, is_per_channel, type_in, type_out)                                                     \
  void name(const qmn_fully_connected *layer, const type_in *input, type_out *output, void *scratch) {                   \
    multiply(layer, is_per_channel, input, (int32_t)sizeof *input, output, (int32_t)sizeof *output, scratch);            \
  }

#endif /* QMN_FULLY_CONNECTED_DSP_H */
