/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_s8_ref.c   int8 in, int8 out. NORMATIVE; the definition stands in qmn_depthwise_conv2d_ref.h.
 */
#include "qmn_depthwise_conv2d_ref.h"

QMN_DEPTHWISE_CONV2D(qmn_depthwise_conv2d_s8_ref, int8_t, int8_t, 0)
QMN_DEPTHWISE_CONV2D(qmn_depthwise_conv2d_s8_channels_ref, int8_t, int8_t, 1)
