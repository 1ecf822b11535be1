/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_s8_ref.c   int8 in, int8 out. NORMATIVE; the definition stands in qmn_fully_connected_ref.h.
 */
#include "qmn_fully_connected_ref.h"

QMN_FULLY_CONNECTED(qmn_fully_connected_s8_ref, int8_t, int8_t, 0)
QMN_FULLY_CONNECTED(qmn_fully_connected_s8_channels_ref, int8_t, int8_t, 1)
