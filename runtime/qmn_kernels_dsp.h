/* SPDX-License-Identifier: Apache-2.0
 * qmn_kernels_dsp.h   Kernels for cores with the Armv7E-M DSP extension (Cortex-M4, M7, M33, M55): they equal the `ref` kernels bit for bit.
 *
 * Their constants are reordered at export: qmn_tile_s8_dsp.h for convolution and fully connected, qmn_depthwise_conv2d_s8_dsp.c for depthwise.
 * Biases are bias.s32, at accumulator scale, plus the rounding 1 << out_shift >> 1; bias.shift is 0. Kernels named channels read a shift for
 * each output channel. Convolutions have biases and shifts for an even number of output channels. Patches of a last tile that are not written
 * hold what the scratch held before: their results are dropped.
 * `scratch` is 4-byte aligned, holds nothing between two calls, and has as many bytes as the macros say.
 */
#ifndef QMN_KERNELS_DSP_H
#define QMN_KERNELS_DSP_H

#include "qmn_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Three widened windows of `columns` = kernel_h * kernel_w * in_c values, three pixels of out_c channels. */
#define QMN_CONV2D_S8_DSP_SCRATCH_BYTES(columns, out_c) (24 * (((columns) + 3) / 4) + 3 * (((out_c) + 1) / 2 * 2))

/* May run in place where the kernel has one tap, strides are 1, pads are 0 and out_c <= in_c. */
void qmn_conv2d_s8_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_conv2d_s8_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);

/* The same from constants in the order of qmn_tile_packed_s8_dsp.h, whose preconditions hold. */
void qmn_conv2d_s8_packed_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_conv2d_s8_packed_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);

/* int16 input, output or both: constants in the order of qmn_tile_s8_dsp.h. Into int8 the same scratch, into int16 twice the pixels. Of one type in place as above. */
#define QMN_CONV2D_S16_DSP_SCRATCH_BYTES(columns, out_c) (24 * (((columns) + 3) / 4) + 6 * (((out_c) + 1) / 2 * 2))
void qmn_conv2d_s16_s8_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_conv2d_s16_s8_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_conv2d_s16_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_conv2d_s16_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_conv2d_s8_s16_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_conv2d_s8_s16_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);

/* One channel, widened, with its padding, column by column: an even number of rows, one more at least than any window reads. */
#define QMN_DEPTHWISE_S8_DSP_PLANE_W(out_w, stride_w, kernel_w) (((out_w) - 1) * (stride_w) + (kernel_w))
#define QMN_DEPTHWISE_S8_DSP_PLANE_H(out_h, stride_h, kernel_h) ((((out_h) - 1) * (stride_h) + (kernel_h) + 2) / 2 * 2)
#define QMN_DEPTHWISE_S8_DSP_SCRATCH_BYTES(out_h, out_w, stride_h, stride_w, kernel_h, kernel_w)                             \
  (2 * QMN_DEPTHWISE_S8_DSP_PLANE_H(out_h, stride_h, kernel_h) * QMN_DEPTHWISE_S8_DSP_PLANE_W(out_w, stride_w, kernel_w) + \
   4 * ((kernel_h) + 1) / 2 * (kernel_w))

/* out_c = in_c, dilations 1. May run in place where out_h = in_h and out_w = in_w. */
void qmn_depthwise_conv2d_s8_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);

/* The same of 3x3 windows with stride 1; relu: clip_min >= 0. */
void qmn_depthwise_conv2d_s8_3x3_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_3x3_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_3x3_relu_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_3x3_relu_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);

/* int16 input, output or both. */
void qmn_depthwise_conv2d_s8_s16_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_s16_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_s16_3x3_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_s16_3x3_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_s16_3x3_relu_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_s16_3x3_relu_channels_dsp(const qmn_conv2d *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_s8_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_s8_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_s8_3x3_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_s8_3x3_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_s8_3x3_relu_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_s8_3x3_relu_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_3x3_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_3x3_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_3x3_relu_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_depthwise_conv2d_s16_3x3_relu_channels_dsp(const qmn_conv2d *layer, const int16_t *input, int16_t *output, void *scratch);

/* Pre: channels are a multiple of 4, a window has at most 255 values. */
void qmn_average_pool2d_s8_dsp(const qmn_average_pool2d *layer, const int8_t *input, int8_t *output);

/* The widened input. */
#define QMN_FULLY_CONNECTED_S8_DSP_SCRATCH_BYTES(in_count) (8 * (((in_count) + 3) / 4))

void qmn_fully_connected_s8_dsp(const qmn_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_fully_connected_s8_channels_dsp(const qmn_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_fully_connected_s8_s16_dsp(const qmn_fully_connected *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_fully_connected_s8_s16_channels_dsp(const qmn_fully_connected *layer, const int8_t *input, int16_t *output, void *scratch);
void qmn_fully_connected_s16_s8_dsp(const qmn_fully_connected *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_fully_connected_s16_s8_channels_dsp(const qmn_fully_connected *layer, const int16_t *input, int8_t *output, void *scratch);
void qmn_fully_connected_s16_dsp(const qmn_fully_connected *layer, const int16_t *input, int16_t *output, void *scratch);
void qmn_fully_connected_s16_channels_dsp(const qmn_fully_connected *layer, const int16_t *input, int16_t *output, void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* QMN_KERNELS_DSP_H */
