/* SPDX-License-Identifier: Apache-2.0
 * qmn_internal.h   What the kernels share: ties-up rounding, bias, epilogue, dot product, and the taps of a window inside the image.
 *
 * Right shifts of negative values are arithmetic: gcc, clang and armclang promise it. Negative values are never shifted left.
 */
#ifndef QMN_INTERNAL_H
#define QMN_INTERNAL_H

#include "qmn_kernels.h"

/* Host builds may define it as an attribute that compiles a kernel for several instruction sets; integers make the results equal. */
#ifndef QMN_KERNEL
#define QMN_KERNEL
#endif

/* For loops whose length becomes a constant once the function stands inside its caller. */
#define QMN_INLINE static inline __attribute__((always_inline))

/* floor(value / 2^shift + 1/2). Pre: 0 <= shift <= 30, value + 2^(shift-1) within int32. */
static inline int32_t qmn_round_shift(int32_t value, int32_t shift) {
  return (value + (((int32_t)1 << shift) >> 1)) >> shift;
}

static inline int8_t qmn_clip(int32_t value, int8_t clip_min, int8_t clip_max) {
  const int32_t at_least = value < clip_min ? clip_min : value;
  return (int8_t)(at_least > clip_max ? clip_max : at_least);
}

static inline int8_t qmn_apply_epilogue(int32_t accumulator, const qmn_epilogue *epilogue) {
  return qmn_clip(qmn_round_shift(accumulator, epilogue->out_shift), epilogue->clip_min, epilogue->clip_max);
}

/* The bias of one channel at accumulator scale. */
static inline int32_t qmn_bias_at(const qmn_bias *bias, int32_t channel) {
  return bias->s8 ? bias->s8[channel] * ((int32_t)1 << bias->shift) : bias->s32[channel];
}

static inline int32_t qmn_dot_s8(const int8_t *a, const int8_t *b, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

/* Four rows of a matrix [row][count] at once: each value of the vector is loaded once. */
static inline void qmn_dot4_s8(const int8_t *vector, const int8_t *rows, int32_t count, int32_t sums[4]) {
  const int8_t *row1 = rows + count, *row2 = row1 + count, *row3 = row2 + count;
  int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  for (int32_t i = 0; i < count; ++i) {
    sum0 += vector[i] * rows[i];
    sum1 += vector[i] * row1[i];
    sum2 += vector[i] * row2[i];
    sum3 += vector[i] * row3[i];
  }
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

/* out[r] = clip(round_shift(bias[r] + sum over c of vector[c] * matrix[r][c])): a fully connected layer, or one pixel of a convolution. */
static inline void qmn_matrix_vector_s8(const int8_t *vector, const int8_t *matrix, int32_t row_count, int32_t count,
                                        const qmn_bias *bias, const qmn_epilogue *epilogue, int8_t *output) {
  int32_t row = 0;
  for (; row + 4 <= row_count; row += 4) {
    int32_t sums[4];
    qmn_dot4_s8(vector, matrix + row * count, count, sums);
    for (int32_t i = 0; i < 4; ++i) output[row + i] = qmn_apply_epilogue(qmn_bias_at(bias, row + i) + sums[i], epilogue);
  }
  for (; row < row_count; ++row) {
    output[row] = qmn_apply_epilogue(qmn_bias_at(bias, row) + qmn_dot_s8(vector, matrix + row * count, count), epilogue);
  }
}

/* Taps begin <= k < end of a window lie inside the image: 0 <= origin + k * dilation < extent. Empty when end <= begin. */
typedef struct qmn_tap_range {
  int32_t begin, end;
} qmn_tap_range;

static inline qmn_tap_range qmn_taps_inside(int32_t origin, int32_t kernel, int32_t dilation, int32_t extent) {
  qmn_tap_range range;
  range.begin = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
  range.end = origin < extent ? (extent - origin + dilation - 1) / dilation : 0;
  if (range.end > kernel) range.end = kernel;
  return range;
}

/* The window of one output pixel. */
typedef struct qmn_window {
  int32_t origin_y, origin_x; /* image position of the tap (0, 0); may lie outside */
  qmn_tap_range rows, columns;
} qmn_window;

#endif /* QMN_INTERNAL_H */
