/* SPDX-License-Identifier: Apache-2.0
 * qmn_values.h   Values of one or two bytes, for kernels that are written once and compiled for each combination of types.
 */
#ifndef QMN_VALUES_H
#define QMN_VALUES_H

#include "qmn_internal.h"

/* bytes: 1 for int8, 2 for int16, a constant where the function is inlined. */
QMN_INLINE int32_t qmn_load(const void *values, int32_t bytes, int32_t index) {
  return bytes == 1 ? ((const int8_t *)values)[index] : ((const int16_t *)values)[index];
}

QMN_INLINE void qmn_store(void *values, int32_t bytes, int32_t index, int32_t value) {
  if (bytes == 1) {
    ((int8_t *)values)[index] = (int8_t)value;
  } else {
    ((int16_t *)values)[index] = (int16_t)value;
  }
}

/* The address of a value. */
QMN_INLINE const void *qmn_at(const void *values, int32_t bytes, int32_t index) { return (const int8_t *)values + bytes * index; }

QMN_INLINE int32_t qmn_clip_to(int32_t value, int32_t clip_min, int32_t clip_max) {
  const int32_t at_least = value < clip_min ? clip_min : value;
  return at_least > clip_max ? clip_max : at_least;
}

#endif /* QMN_VALUES_H */
