/* SPDX-License-Identifier: Apache-2.0
 * qmn_mve.h   Whether the compiler's target has Helium (Armv8.1-M vectors of 16 bytes), and copies for the kernels that use it. Any other core,
 * and the host, run the same kernels in C.
 */
#ifndef QMN_MVE_H
#define QMN_MVE_H

#include "qmn_internal.h"

#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__)
#define QMN_HAS_MVE 1
#include <arm_mve.h>
#else
#define QMN_HAS_MVE 0
#endif

#define QMN_VECTOR_BYTES 16
#define QMN_VECTORS(bytes) (((bytes) + QMN_VECTOR_BYTES - 1) / QMN_VECTOR_BYTES)

static inline void qmn_copy_bytes(const int8_t *from, int8_t *to, int32_t count) {
#if QMN_HAS_MVE
  for (; count > 0; count -= QMN_VECTOR_BYTES, from += QMN_VECTOR_BYTES, to += QMN_VECTOR_BYTES) {
    const mve_pred16_t inside = vctp8q((uint32_t)count);
    vstrbq_p_s8(to, vldrbq_z_s8(from, inside), inside);
  }
#else
  for (int32_t i = 0; i < count; ++i) to[i] = from[i];
#endif
}

/* Whole vectors. */
static inline void qmn_zero_vectors(int8_t *to, int32_t vectors) {
#if QMN_HAS_MVE
  for (; vectors > 0; --vectors, to += QMN_VECTOR_BYTES) vstrbq_s8(to, vdupq_n_s8(0));
#else
  for (int32_t i = 0; i < vectors * QMN_VECTOR_BYTES; ++i) to[i] = 0;
#endif
}

#endif /* QMN_MVE_H */
