/* SPDX-License-Identifier: Apache-2.0
 * qmn_average_pool2d_s16_ref.c   int16 in, out or both. NORMATIVE; the definition stands in qmn_average_pool2d_ref.h.
 */
#include "qmn_average_pool2d_ref.h"

QMN_AVERAGE_POOL2D(qmn_average_pool2d_s8_s16_ref, int8_t, int16_t)
QMN_AVERAGE_POOL2D(qmn_average_pool2d_s16_s8_ref, int16_t, int8_t)
QMN_AVERAGE_POOL2D(qmn_average_pool2d_s16_ref, int16_t, int16_t)
