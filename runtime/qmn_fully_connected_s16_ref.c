/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_s16_ref.c   int16 in, out or both. NORMATIVE; the definition stands in qmn_fully_connected_ref.h.
 */
#include "qmn_fully_connected_ref.h"

QMN_FULLY_CONNECTED(qmn_fully_connected_s8_s16_ref, int8_t, int16_t, 0)
QMN_FULLY_CONNECTED(qmn_fully_connected_s8_s16_channels_ref, int8_t, int16_t, 1)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_s8_ref, int16_t, int8_t, 0)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_s8_channels_ref, int16_t, int8_t, 1)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_ref, int16_t, int16_t, 0)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_channels_ref, int16_t, int16_t, 1)
