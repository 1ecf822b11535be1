/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_ref.h   NORMATIVE, in the functions of qmn_depthwise_conv2d_s8_ref.c and qmn_depthwise_conv2d_s16_ref.c (ties up):
 *   out[y][x][c] = clip(round_shift(bias[c] * 2^bias_shift + sum over ky, kx of
 *                  in[y * stride_h - pad_top + ky * dilation_h][x * stride_w - pad_left + kx * dilation_w][c / multiplier] *
 *                  weights[ky][kx][c], out_shift), clip_min, clip_max);  taps outside the image count as 0; multiplier = out_c / in_c;
 *                  out_shifts[c] where it is per channel.
 * Pre (proved by lowering): the accumulator stays within int32 for every input; input and output do not overlap; out_c % in_c = 0.
 */
#ifndef QMN_DEPTHWISE_CONV2D_REF_H
#define QMN_DEPTHWISE_CONV2D_REF_H

#include "qmn_weighted.h"

#define QMN_BLOCK_CHANNELS 32

/* A product of int8 values fits int16, which compilers vectorize better. */
QMN_INLINE int32_t qmn_tap(int32_t value, int32_t in_bytes, int8_t weight) {
  return in_bytes == 1 ? (int16_t)(value * weight) : value * weight;
}

/* Output channels first ... first + count - 1 of one pixel; with constants for count and multiplier compilers vectorize it. */
QMN_INLINE void qmn_convolve_block(const qmn_conv2d* layer, const void* input, int32_t in_bytes, const qmn_window* at, int32_t first,
                                   int32_t count, int32_t multiplier, int is_per_channel, void* output, int32_t out_bytes) {
  int32_t accumulator[QMN_BLOCK_CHANNELS];
  for (int32_t i = 0; i < count; ++i) accumulator[i] = 0;
  for (int32_t ky = at->rows.begin; ky < at->rows.end; ++ky) {
    const int32_t y = at->origin_y + ky * layer->dilation_h;
    for (int32_t kx = at->columns.begin; kx < at->columns.end; ++kx) {
      const int32_t x = at->origin_x + kx * layer->dilation_w;
      const void* pixel = qmn_at(input, in_bytes, (y * layer->in_w + x) * layer->in_c);
      const int8_t* weights = layer->weights + (ky * layer->kernel_w + kx) * layer->out_c + first;
      for (int32_t i = 0; i < count; ++i) {
        accumulator[i] += qmn_tap(qmn_load(pixel, in_bytes, (first + i) / multiplier), in_bytes, weights[i]);
      }
    }
  }
  for (int32_t i = 0; i < count; ++i) {
    qmn_finish(qmn_bias_at(&layer->bias, first + i) + accumulator[i], &layer->epilogue, is_per_channel, first + i, output, out_bytes, i);
  }
}

QMN_INLINE void qmn_depthwise_conv2d_body(const qmn_conv2d* layer, const void* input, int32_t in_bytes, void* output, int32_t out_bytes,
                                          int is_per_channel) {
  const int32_t multiplier = layer->out_c / layer->in_c;
  int8_t* block = output; /* bytes of the output at hand */
  qmn_window at;
  for (int32_t out_y = 0; out_y < layer->out_h; ++out_y) {
    at.origin_y = out_y * layer->stride_h - layer->pad_top;
    at.rows = qmn_taps_inside(at.origin_y, layer->kernel_h, layer->dilation_h, layer->in_h);
    for (int32_t out_x = 0; out_x < layer->out_w; ++out_x) {
      at.origin_x = out_x * layer->stride_w - layer->pad_left;
      at.columns = qmn_taps_inside(at.origin_x, layer->kernel_w, layer->dilation_w, layer->in_w);
      for (int32_t first = 0; first < layer->out_c; first += QMN_BLOCK_CHANNELS) {
        const int32_t count = layer->out_c - first < QMN_BLOCK_CHANNELS ? layer->out_c - first : QMN_BLOCK_CHANNELS;
        if (multiplier == 1 && count == QMN_BLOCK_CHANNELS) {
          qmn_convolve_block(layer, input, in_bytes, &at, first, QMN_BLOCK_CHANNELS, 1, is_per_channel, block, out_bytes);
        } else {
          qmn_convolve_block(layer, input, in_bytes, &at, first, count, multiplier, is_per_channel, block, out_bytes);
        }
        block += count * out_bytes;
      }
    }
  }
}

#define QMN_DEPTHWISE_CONV2D(name, type_in, type_out, is_per_channel)                                                 \
  QMN_KERNEL void name(const qmn_conv2d* layer, const type_in* input, type_out* output) {                             \
    qmn_depthwise_conv2d_body(layer, input, (int32_t)sizeof *input, output, (int32_t)sizeof *output, is_per_channel); \
  }

#endif /* QMN_DEPTHWISE_CONV2D_REF_H */
