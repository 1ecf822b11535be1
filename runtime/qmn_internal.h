/* SPDX-License-Identifier: Apache-2.0
 * qmn_internal.h   What the kernels share: ties-up rounding, floor division, clipping, and the taps of a window inside the image.
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

static inline int8_t qmn_clip(int32_t value, int32_t clip_min, int32_t clip_max) {
  const int32_t at_least = value < clip_min ? clip_min : value;
  return (int8_t)(at_least > clip_max ? clip_max : at_least);
}

/* floor(numerator / denominator): for a negative numerator -1 - floor((-1 - numerator) / denominator). */
static inline int32_t qmn_floor_divide(int32_t numerator, uint32_t denominator) {
  if (numerator >= 0) return (int32_t)((uint32_t)numerator / denominator);
  return -1 - (int32_t)((uint32_t)(-1 - numerator) / denominator);
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
