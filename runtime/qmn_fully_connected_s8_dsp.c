/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_s8_dsp.c   int8 in, int8 out, equal to qmn_fully_connected_s8_ref and its form by channels bit for bit.
 */
#include "qmn_fully_connected_dsp.h"

QMN_FULLY_CONNECTED(qmn_fully_connected_s8_dsp, 0, int8_t, int8_t)
QMN_FULLY_CONNECTED(qmn_fully_connected_s8_channels_dsp, 1, int8_t, int8_t)
