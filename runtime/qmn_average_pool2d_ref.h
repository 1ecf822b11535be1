/* SPDX-License-Identifier: Apache-2.0
 * qmn_average_pool2d_ref.h   NORMATIVE, in the functions of qmn_average_pool2d_s8_ref.c and qmn_average_pool2d_s16_ref.c (ties up):
 *   out[y][x][c] = clip(floor((sum * 2^left_shift) / (count * 2^right_shift) + 1/2), clip_min, clip_max)
 *   over the count values of the window that lie inside the image; exact: floor(a / b + 1/2) = floor((2a + b) / 2b).
 * Pre (proved by lowering): 2 * A * count * 2^left_shift + count * 2^right_shift < 2^31 for the largest count (A = 128 for int8
 * input, 32768 for int16), every window has a value inside the image; input and output do not overlap.
 */
#ifndef QMN_AVERAGE_POOL2D_REF_H
#define QMN_AVERAGE_POOL2D_REF_H

#include "qmn_values.h"

#define QMN_BLOCK_CHANNELS 16

QMN_INLINE void qmn_average_pool2d_body(const qmn_average_pool2d* layer, const void* input, int32_t in_bytes, void* output,
                                        int32_t out_bytes) {
  int32_t next = 0; /* value of the output at hand */
  int32_t sum[QMN_BLOCK_CHANNELS];
  for (int32_t out_y = 0; out_y < layer->out_h; ++out_y) {
    const int32_t origin_y = out_y * layer->stride_h - layer->pad_top;
    const qmn_tap_range rows = qmn_taps_inside(origin_y, layer->kernel_h, 1, layer->in_h);
    for (int32_t out_x = 0; out_x < layer->out_w; ++out_x) {
      const int32_t origin_x = out_x * layer->stride_w - layer->pad_left;
      const qmn_tap_range columns = qmn_taps_inside(origin_x, layer->kernel_w, 1, layer->in_w);
      const int32_t divisor = (rows.end - rows.begin) * (columns.end - columns.begin) * ((int32_t)1 << layer->right_shift);
      for (int32_t first = 0; first < layer->channels; first += QMN_BLOCK_CHANNELS) {
        const int32_t count = layer->channels - first < QMN_BLOCK_CHANNELS ? layer->channels - first : QMN_BLOCK_CHANNELS;
        for (int32_t i = 0; i < count; ++i) sum[i] = 0;
        for (int32_t y = origin_y + rows.begin; y < origin_y + rows.end; ++y) {
          for (int32_t x = origin_x + columns.begin; x < origin_x + columns.end; ++x) {
            const void* pixel = qmn_at(input, in_bytes, (y * layer->in_w + x) * layer->channels + first);
            for (int32_t i = 0; i < count; ++i) sum[i] += qmn_load(pixel, in_bytes, i);
          }
        }
        for (int32_t i = 0; i < count; ++i) {
          const int32_t numerator = 2 * sum[i] * ((int32_t)1 << layer->left_shift) + divisor;
          const int32_t mean = qmn_floor_divide(numerator, 2u * (uint32_t)divisor);
          qmn_store(output, out_bytes, next++, qmn_clip_to(mean, layer->clip_min, layer->clip_max));
        }
      }
    }
  }
}

#define QMN_AVERAGE_POOL2D(name, type_in, type_out)                                                 \
  QMN_KERNEL void name(const qmn_average_pool2d* layer, const type_in* input, type_out* output) {   \
    qmn_average_pool2d_body(layer, input, (int32_t)sizeof *input, output, (int32_t)sizeof *output); \
  }

#endif /* QMN_AVERAGE_POOL2D_REF_H */
