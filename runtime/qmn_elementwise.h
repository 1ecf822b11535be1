/* SPDX-License-Identifier: Apache-2.0
 * qmn_elementwise.h   Kernels that work value by value on int8 and int16 tensors: sums, products, curves, copies and fills.
 *
 * Names tell the types: inputs, then the output where it differs: qmn_add_s8_ref reads and writes int8, qmn_mul_s8s16_s8_ref reads int8
 * and int16 and writes int8. The rules of qmn_kernels.h hold: ties up, arithmetic right shifts, no heap, no libc, no floating point.
 * Where input and output have the same type, they may be the same buffer, unless a kernel says otherwise.
 */
#ifndef QMN_ELEMENTWISE_H
#define QMN_ELEMENTWISE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* out[i] = clip(round_shift(a[i] * a_factor + b[i % b_count] * b_factor, out_shift), clip_min, clip_max). The factors are powers of two
 * that bring both operands to the finest of the three formats; a negative one subtracts. b_count divides count: count for two tensors
 * of one shape, the channels for a value per channel, 1 for a scalar.
 * Pre: |a| * |a_factor| + |b| * |b_factor| + 2^out_shift / 2 < 2^31 for all a and b of their types. */
typedef struct qmn_add {
  int32_t count, b_count;
  int32_t a_factor, b_factor;
  int32_t out_shift;
  int16_t clip_min, clip_max;
} qmn_add;

/* out[i] = clip(round_shift(a[i] * b[i % b_count], out_shift), clip_min, clip_max). Pre: 0 <= out_shift <= 30. */
typedef struct qmn_mul {
  int32_t count, b_count;
  int32_t out_shift;
  int16_t clip_min, clip_max;
} qmn_mul;

/* A function of int8: out[i] = table[in[i] + 128]. The tables (sigmoid, tanh, ...) are exact to rounding for the two formats. */
typedef struct qmn_lookup_s8 {
  int32_t count;
  const int8_t *table; /* 256 entries */
} qmn_lookup_s8;
typedef struct qmn_lookup_s8_s16 {
  int32_t count;
  const int16_t *table; /* 256 entries */
} qmn_lookup_s8_s16;

/* A function of int16 that is flat outside [-half_span, half_span): straight lines between table entries 2^segment_shift apart.
 *   u = min(max(in, -half_span), half_span - 1) + half_span,  k = u >> segment_shift,  f = u mod 2^segment_shift
 *   out = clip(round_shift(table[k] * 2^segment_shift + (table[k + 1] - table[k]) * f, out_shift), clip_min, clip_max)
 * Pre: 1 <= half_span <= 32768; the table has (2 * half_span >> segment_shift) + 1 entries; segment_shift <= 14, out_shift <= 30. */
typedef struct qmn_interpolate {
  int32_t count;
  int32_t half_span, segment_shift;
  int32_t out_shift;
  int16_t clip_min, clip_max;
  const int16_t *table;
} qmn_interpolate;

/* out[row * out_step + i] = clip(round_shift(in[row * in_step + i] * 2^left_shift, right_shift), clip_min, clip_max), i < row_count:
 * a slice reads with a step, a concatenation writes with one; both may change the format. Pre: left_shift <= 15, right_shift <= 30;
 * input and output do not overlap. */
typedef struct qmn_copy {
  int32_t rows, row_count;
  int32_t in_step, out_step;
  int32_t left_shift, right_shift;
  int16_t clip_min, clip_max;
} qmn_copy;

/* out[i] = value */
typedef struct qmn_fill {
  int32_t count;
  int16_t value;
} qmn_fill;

void qmn_add_s8_ref(const qmn_add *layer, const int8_t *a, const int8_t *b, int8_t *output);
void qmn_add_s8_s16_ref(const qmn_add *layer, const int8_t *a, const int8_t *b, int16_t *output);
void qmn_add_s8s16_s8_ref(const qmn_add *layer, const int8_t *a, const int16_t *b, int8_t *output);
void qmn_add_s8s16_s16_ref(const qmn_add *layer, const int8_t *a, const int16_t *b, int16_t *output);
void qmn_add_s16s8_s8_ref(const qmn_add *layer, const int16_t *a, const int8_t *b, int8_t *output);
void qmn_add_s16s8_s16_ref(const qmn_add *layer, const int16_t *a, const int8_t *b, int16_t *output);
void qmn_add_s16_s8_ref(const qmn_add *layer, const int16_t *a, const int16_t *b, int8_t *output);
void qmn_add_s16_ref(const qmn_add *layer, const int16_t *a, const int16_t *b, int16_t *output);

void qmn_mul_s8_ref(const qmn_mul *layer, const int8_t *a, const int8_t *b, int8_t *output);
void qmn_mul_s8_s16_ref(const qmn_mul *layer, const int8_t *a, const int8_t *b, int16_t *output);
void qmn_mul_s8s16_s8_ref(const qmn_mul *layer, const int8_t *a, const int16_t *b, int8_t *output);
void qmn_mul_s8s16_s16_ref(const qmn_mul *layer, const int8_t *a, const int16_t *b, int16_t *output);
void qmn_mul_s16s8_s8_ref(const qmn_mul *layer, const int16_t *a, const int8_t *b, int8_t *output);
void qmn_mul_s16s8_s16_ref(const qmn_mul *layer, const int16_t *a, const int8_t *b, int16_t *output);
void qmn_mul_s16_s8_ref(const qmn_mul *layer, const int16_t *a, const int16_t *b, int8_t *output);
void qmn_mul_s16_ref(const qmn_mul *layer, const int16_t *a, const int16_t *b, int16_t *output);

void qmn_lookup_s8_ref(const qmn_lookup_s8 *layer, const int8_t *input, int8_t *output);
void qmn_lookup_s8_s16_ref(const qmn_lookup_s8_s16 *layer, const int8_t *input, int16_t *output);
void qmn_interpolate_s16_s8_ref(const qmn_interpolate *layer, const int16_t *input, int8_t *output);
void qmn_interpolate_s16_ref(const qmn_interpolate *layer, const int16_t *input, int16_t *output);

void qmn_copy_s8_ref(const qmn_copy *layer, const int8_t *input, int8_t *output);
void qmn_copy_s8_s16_ref(const qmn_copy *layer, const int8_t *input, int16_t *output);
void qmn_copy_s16_s8_ref(const qmn_copy *layer, const int16_t *input, int8_t *output);
void qmn_copy_s16_ref(const qmn_copy *layer, const int16_t *input, int16_t *output);

void qmn_fill_s8_ref(const qmn_fill *layer, int8_t *output);
void qmn_fill_s16_ref(const qmn_fill *layer, int16_t *output);

#ifdef __cplusplus
}
#endif

#endif /* QMN_ELEMENTWISE_H */
