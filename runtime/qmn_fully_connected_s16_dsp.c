/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_s16_dsp.c   int16 in, out or both, equal to the functions of qmn_fully_connected_s16_ref.c bit for bit.
 */
#include "qmn_fully_connected_dsp.h"

QMN_FULLY_CONNECTED(qmn_fully_connected_s8_s16_dsp, 0, int8_t, int16_t)
QMN_FULLY_CONNECTED(qmn_fully_connected_s8_s16_channels_dsp, 1, int8_t, int16_t)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_s8_dsp, 0, int16_t, int8_t)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_s8_channels_dsp, 1, int16_t, int8_t)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_dsp, 0, int16_t, int16_t)
QMN_FULLY_CONNECTED(qmn_fully_connected_s16_channels_dsp, 1, int16_t, int16_t)
