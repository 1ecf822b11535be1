/* SPDX-License-Identifier: Apache-2.0
 * qmn_kernels_mve.h   Kernels for cores with Helium (Cortex-M55): they equal the `ref` kernels bit for bit.
 *
 * Their constants are reordered at export: qmn_tile_s8_mve.h for convolution and fully connected, [channel][ky][kx] for depthwise. Biases are
 * bias.s32, at accumulator scale, plus the rounding 1 << out_shift >> 1; bias.shift is 0. Kernels named channels read a shift for each output
 * channel. Convolution and fully connected have biases and shifts for whole blocks of four output channels.
 * `scratch` is 4-byte aligned, holds nothing between two calls, and has as many bytes as the macros say. What has no form for Helium runs the one
 * for the DSP extension, which these cores have too.
 */
#ifndef QMN_KERNELS_MVE_H
#define QMN_KERNELS_MVE_H

#include "qmn_kernels_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QMN_MVE_WHOLE_VECTORS(bytes) (((bytes) + 15) / 16 * 16)
#define QMN_MVE_LARGER(a, b) ((a) > (b) ? (a) : (b))

/* The windows of two pixels, of `columns` = kernel_h * kernel_w * in_c values, and two pixels of out_c channels. */
#define QMN_CONV2D_S8_MVE_SCRATCH_BYTES(columns, out_c) (2 * QMN_MVE_WHOLE_VECTORS(columns) + 2 * (((out_c) + 3) / 4 * 4))

/* May run in place where the kernel has one tap, strides are 1, pads are 0 and out_c <= in_c. */
void qmn_conv2d_s8_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_conv2d_s8_channels_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);

/* A copy of the input, and four outputs. */
#define QMN_FULLY_CONNECTED_S8_MVE_SCRATCH_BYTES(in_count, out_count) (QMN_MVE_WHOLE_VECTORS(in_count) + ((out_count) + 3) / 4 * 4)

void qmn_fully_connected_s8_mve(const qmn_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_fully_connected_s8_channels_mve(const qmn_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch);

/* A channel with its padding, row by row. Two rows share the zeros between them, so that they lie closer. */
#define QMN_DEPTHWISE_S8_MVE_PITCH(in_w, out_w, stride_w, kernel_w, pad_left) \
  QMN_MVE_LARGER(QMN_MVE_LARGER((in_w) + (pad_left), out_w), ((out_w) - 1) * (stride_w) + (kernel_w) - (pad_left))
#define QMN_DEPTHWISE_S8_MVE_ROWS(in_h, out_h, stride_h, kernel_h, pad_top) QMN_MVE_LARGER((in_h) + (pad_top), ((out_h) - 1) * (stride_h) + (kernel_h))
/* Vectors may reach 32 bytes beyond the last row. */
#define QMN_DEPTHWISE_S8_MVE_PLANE_BYTES(rows, pitch) QMN_MVE_WHOLE_VECTORS((rows) * (pitch) + 32)
/* Planes of eight channels; where the results of a channel lie in the output; the weights of a channel. */
#define QMN_DEPTHWISE_S8_MVE_SCRATCH_BYTES(rows, pitch, out_h, kernel_h) \
  (8 * QMN_DEPTHWISE_S8_MVE_PLANE_BYTES(rows, pitch) + 2 * QMN_MVE_WHOLE_VECTORS((out_h) * (pitch)) + 16 * (kernel_h))

/* out_c = in_c, dilations 1, kernel_w <= 16, eight planes below 2^16 bytes. May run in place where out_h = in_h and out_w = in_w. */
void qmn_depthwise_conv2d_s8_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_channels_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);

/* The same of strides 1, where a whole window lies in one vector, (kernel_h - 1) * pitch + kernel_w <= 16: 3x3 over images up to 5 wide; the output
 * has less than 2^16 bytes. */
void qmn_depthwise_conv2d_s8_narrow_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);
void qmn_depthwise_conv2d_s8_narrow_channels_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch);

/* Pre: a window has at most 255 values. */
void qmn_average_pool2d_s8_mve(const qmn_average_pool2d *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif /* QMN_KERNELS_MVE_H */
