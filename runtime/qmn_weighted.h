/* SPDX-License-Identifier: Apache-2.0
 * qmn_weighted.h   What kernels with weights share: bias, epilogue, and the product of a matrix of int8 weights with a vector.
 *
 * Written once for all types: in_bytes and out_bytes (1 for int8, 2 for int16) and is_per_channel are constants in every function that
 * these stand in.
 */
#ifndef QMN_WEIGHTED_H
#define QMN_WEIGHTED_H

#include "qmn_values.h"

/* The bias of one channel at accumulator scale. */
QMN_INLINE int32_t qmn_bias_at(const qmn_bias* bias, int32_t channel) {
  return bias->s8 ? bias->s8[channel] * ((int32_t)1 << bias->shift) : bias->s32[channel];
}

/* clip(round_shift(accumulator, out_shift)), stored as a channel of the output. */
QMN_INLINE void qmn_finish(int32_t accumulator, const qmn_epilogue* epilogue, int is_per_channel, int32_t channel, void* output,
                           int32_t out_bytes, int32_t index) {
  const int32_t shift = is_per_channel ? epilogue->out_shifts[channel] : epilogue->out_shift;
  qmn_store(output, out_bytes, index, qmn_clip_to(qmn_round_shift(accumulator, shift), epilogue->clip_min, epilogue->clip_max));
}

QMN_INLINE int32_t qmn_dot(const void* vector, int32_t in_bytes, const int8_t* weights, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += qmn_load(vector, in_bytes, i) * weights[i];
  return sum;
}

/* Four rows of a matrix [row][count] at once: each value of the vector is loaded once. */
QMN_INLINE void qmn_dot4(const void* vector, int32_t in_bytes, const int8_t* rows, int32_t count, int32_t sums[4]) {
  const int8_t *row1 = rows + count, *row2 = row1 + count, *row3 = row2 + count;
  int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t value = qmn_load(vector, in_bytes, i);
    sum0 += value * rows[i];
    sum1 += value * row1[i];
    sum2 += value * row2[i];
    sum3 += value * row3[i];
  }
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

/* out[r] = clip(round_shift(bias[r] + sum over c of vector[c] * matrix[r][c])): a fully connected layer, or one pixel of a convolution. */
QMN_INLINE void qmn_matrix_vector(const void* vector, int32_t in_bytes, const int8_t* matrix, int32_t row_count, int32_t count,
                                  const qmn_bias* bias, const qmn_epilogue* epilogue, int is_per_channel, void* output, int32_t out_bytes) {
  int32_t row = 0;
  for (; row + 4 <= row_count; row += 4) {
    int32_t sums[4];
    qmn_dot4(vector, in_bytes, matrix + row * count, count, sums);
    for (int32_t i = 0; i < 4; ++i) {
      qmn_finish(qmn_bias_at(bias, row + i) + sums[i], epilogue, is_per_channel, row + i, output, out_bytes, row + i);
    }
  }
  for (; row < row_count; ++row) {
    const int32_t sum = qmn_dot(vector, in_bytes, matrix + row * count, count);
    qmn_finish(qmn_bias_at(bias, row) + sum, epilogue, is_per_channel, row, output, out_bytes, row);
  }
}

#endif /* QMN_WEIGHTED_H */
