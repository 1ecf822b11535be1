/* SPDX-License-Identifier: Apache-2.0
 * qmn_average_pool2d_s8_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[y][x][c] = clip(floor((sum * 2^left_shift) / (count * 2^right_shift) + 1/2), clip_min, clip_max)
 *   over the count values of the window that lie inside the image; exact: floor(a / b + 1/2) = floor((2a + b) / 2b).
 * Pre (proved by lowering): 2 * 128 * count * 2^left_shift + count * 2^right_shift < 2^31 for the largest count, every window has a
 * value inside the image; input and output do not overlap.
 */
#include "qmn_internal.h"

#define QMN_BLOCK_CHANNELS 16

/* floor(numerator / denominator): for a negative numerator -1 - floor((-1 - numerator) / denominator). */
static inline int32_t floor_divide(int32_t numerator, uint32_t denominator) {
  if (numerator >= 0) return (int32_t)((uint32_t)numerator / denominator);
  return -1 - (int32_t)((uint32_t)(-1 - numerator) / denominator);
}

QMN_KERNEL void qmn_average_pool2d_s8_ref(const qmn_average_pool2d *layer, const int8_t *input, int8_t *output) {
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
            const int8_t *pixel = input + (y * layer->in_w + x) * layer->channels + first;
            for (int32_t i = 0; i < count; ++i) sum[i] += pixel[i];
          }
        }
        for (int32_t i = 0; i < count; ++i) {
          const int32_t numerator = 2 * sum[i] * ((int32_t)1 << layer->left_shift) + divisor;
          *output++ = qmn_clip(floor_divide(numerator, 2u * (uint32_t)divisor), layer->clip_min, layer->clip_max);
        }
      }
    }
  }
}
