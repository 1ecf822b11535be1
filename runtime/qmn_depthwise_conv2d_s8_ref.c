/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_s8_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[y][x][c] = clip(round_shift(bias[c] * 2^bias_shift + sum over ky, kx of
 *                  in[y * stride_h - pad_top + ky * dilation_h][x * stride_w - pad_left + kx * dilation_w][c / multiplier] *
 *                  weights[ky][kx][c], out_shift), clip_min, clip_max);  taps outside the image count as 0; multiplier = out_c / in_c.
 * Pre (proved by lowering): the accumulator stays within int32 for every input; input and output do not overlap; out_c % in_c = 0.
 */
#include "qmn_internal.h"

#define QMN_BLOCK_CHANNELS 32

/* Output channels first ... first + count - 1 of one pixel; with constants for count and multiplier compilers vectorize it. */
QMN_INLINE void convolve_block(const qmn_conv2d *layer, const int8_t *input, const qmn_window *at, int32_t first, int32_t count,
                               int32_t multiplier, int8_t *output) {
  int32_t accumulator[QMN_BLOCK_CHANNELS];
  for (int32_t i = 0; i < count; ++i) accumulator[i] = 0;
  for (int32_t ky = at->rows.begin; ky < at->rows.end; ++ky) {
    const int32_t y = at->origin_y + ky * layer->dilation_h;
    for (int32_t kx = at->columns.begin; kx < at->columns.end; ++kx) {
      const int32_t x = at->origin_x + kx * layer->dilation_w;
      const int8_t *pixel = input + (y * layer->in_w + x) * layer->in_c;
      const int8_t *weights = layer->weights + (ky * layer->kernel_w + kx) * layer->out_c + first;
      for (int32_t i = 0; i < count; ++i) accumulator[i] += (int16_t)(pixel[(first + i) / multiplier] * weights[i]);
    }
  }
  for (int32_t i = 0; i < count; ++i) {
    output[i] = qmn_apply_epilogue(qmn_bias_at(&layer->bias, first + i) + accumulator[i], &layer->epilogue);
  }
}

QMN_KERNEL void qmn_depthwise_conv2d_s8_ref(const qmn_conv2d *layer, const int8_t *input, int8_t *output) {
  const int32_t multiplier = layer->out_c / layer->in_c;
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
          convolve_block(layer, input, &at, first, QMN_BLOCK_CHANNELS, 1, output);
        } else {
          convolve_block(layer, input, &at, first, count, multiplier, output);
        }
        output += count;
      }
    }
  }
}
