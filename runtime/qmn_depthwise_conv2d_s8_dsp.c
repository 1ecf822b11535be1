/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_s8_dsp.c   int8 in, int8 out, equal to qmn_depthwise_conv2d_s8_ref and its form by channels bit for bit.
 */
#include "qmn_depthwise_conv2d_dsp.h"

QMN_DEPTHWISE_OF_TYPES(s8, convolve_channel_s8, int8_t, int8_t)
