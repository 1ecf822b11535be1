/* SPDX-License-Identifier: Apache-2.0
 * qmn_max_pool2d_s8_ref.c   NORMATIVE: every other variant matches it bit for bit (ties up).
 *   out[y][x][c] = clip(round_shift(largest * 2^left_shift, right_shift), clip_min, clip_max)
 *   over the values of the window that lie inside the image: padding never wins.
 * Pre: 0 <= left_shift <= 22, 0 <= right_shift <= 30, every window has a value inside the image; input and output do not overlap.
 */
#include "qmn_internal.h"

#define QMN_BLOCK_CHANNELS 16

QMN_KERNEL void qmn_max_pool2d_s8_ref(const qmn_max_pool2d *layer, const int8_t *input, int8_t *output) {
  const int32_t factor = (int32_t)1 << layer->left_shift;
  int8_t largest[QMN_BLOCK_CHANNELS];
  for (int32_t out_y = 0; out_y < layer->out_h; ++out_y) {
    const int32_t origin_y = out_y * layer->stride_h - layer->pad_top;
    const qmn_tap_range rows = qmn_taps_inside(origin_y, layer->kernel_h, 1, layer->in_h);
    for (int32_t out_x = 0; out_x < layer->out_w; ++out_x) {
      const int32_t origin_x = out_x * layer->stride_w - layer->pad_left;
      const qmn_tap_range columns = qmn_taps_inside(origin_x, layer->kernel_w, 1, layer->in_w);
      for (int32_t first = 0; first < layer->channels; first += QMN_BLOCK_CHANNELS) {
        const int32_t count = layer->channels - first < QMN_BLOCK_CHANNELS ? layer->channels - first : QMN_BLOCK_CHANNELS;
        for (int32_t i = 0; i < count; ++i) largest[i] = INT8_MIN;
        for (int32_t y = origin_y + rows.begin; y < origin_y + rows.end; ++y) {
          for (int32_t x = origin_x + columns.begin; x < origin_x + columns.end; ++x) {
            const int8_t *pixel = input + (y * layer->in_w + x) * layer->channels + first;
            for (int32_t i = 0; i < count; ++i) largest[i] = pixel[i] > largest[i] ? pixel[i] : largest[i];
          }
        }
        for (int32_t i = 0; i < count; ++i) {
          *output++ = qmn_clip(qmn_round_shift(largest[i] * factor, layer->right_shift), layer->clip_min, layer->clip_max);
        }
      }
    }
  }
}
