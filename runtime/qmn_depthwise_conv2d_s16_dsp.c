/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_s16_dsp.c   int16 in, out or both, equal to the functions of qmn_depthwise_conv2d_s16_ref.c bit for bit.
 */
#include "qmn_depthwise_conv2d_dsp.h"

QMN_DEPTHWISE_OF_TYPES(s8_s16, convolve_channel_s16, int8_t, int16_t)
QMN_DEPTHWISE_OF_TYPES(s16_s8, convolve_channel_s8, int16_t, int8_t)
QMN_DEPTHWISE_OF_TYPES(s16, convolve_channel_s16, int16_t, int16_t)
