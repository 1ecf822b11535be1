/* SPDX-License-Identifier: Apache-2.0
 * qmn_average_pool2d_s8_ref.c   int8 in, int8 out. NORMATIVE; the definition stands in qmn_average_pool2d_ref.h.
 */
#include "qmn_average_pool2d_ref.h"

QMN_AVERAGE_POOL2D(qmn_average_pool2d_s8_ref, int8_t, int8_t)
