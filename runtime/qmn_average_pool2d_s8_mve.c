/* SPDX-License-Identifier: Apache-2.0
 * qmn_average_pool2d_s8_mve.c   Equals qmn_average_pool2d_s8_ref bit for bit: sums of eight channels at a time, in 16 bits.
 * Pre: at most 255 values a window, so that no sum overflows.
 */
#include "qmn_kernels_mve.h"

#include "qmn_mve.h"

/* Sums of `count` <= 8 neighboring channels over a window of the image. */
static inline void add_window(const int8_t *window, int32_t height, int32_t width, int32_t row, int32_t channels, int32_t count, int16_t sums[8]) {
#if QMN_HAS_MVE
  const mve_pred16_t inside = vctp16q((uint32_t)count);
  int16x8_t total = vdupq_n_s16(0);
  for (int32_t y = 0; y < height; ++y, window += row) {
    const int8_t *pixel = window;
    for (int32_t x = width; x > 0; --x, pixel += channels) total = vaddq_s16(total, vldrbq_z_s16(pixel, inside));
  }
  vstrhq_s16(sums, total);
#else
  for (int32_t i = 0; i < count; ++i) {
    sums[i] = 0;
    for (int32_t y = 0; y < height; ++y) {
      for (int32_t x = 0; x < width; ++x) sums[i] = (int16_t)(sums[i] + window[y * row + x * channels + i]);
    }
  }
#endif
}

void qmn_average_pool2d_s8_mve(const qmn_average_pool2d *layer, const int8_t *input, int8_t *output) {
  const int32_t row = layer->in_w * layer->channels;
  for (int32_t out_y = 0; out_y < layer->out_h; ++out_y) {
    const int32_t origin_y = out_y * layer->stride_h - layer->pad_top;
    const qmn_tap_range rows = qmn_taps_inside(origin_y, layer->kernel_h, 1, layer->in_h);
    for (int32_t out_x = 0; out_x < layer->out_w; ++out_x) {
      const int32_t origin_x = out_x * layer->stride_w - layer->pad_left;
      const qmn_tap_range columns = qmn_taps_inside(origin_x, layer->kernel_w, 1, layer->in_w);
      const int32_t height = rows.end - rows.begin, width = columns.end - columns.begin, divisor = height * width * ((int32_t)1 << layer->right_shift);
      const int8_t *const window = input + (origin_y + rows.begin) * row + (origin_x + columns.begin) * layer->channels;
      for (int32_t c = 0; c < layer->channels; c += 8) {
        const int32_t count = layer->channels - c < 8 ? layer->channels - c : 8;
        int16_t sums[8];
        add_window(window + c, height, width, row, layer->channels, count, sums);
        for (int32_t i = 0; i < count; ++i) {
          const int32_t numerator = 2 * sums[i] * ((int32_t)1 << layer->left_shift) + divisor;
          *output++ = qmn_clip(qmn_floor_divide(numerator, 2u * (uint32_t)divisor), layer->clip_min, layer->clip_max);
        }
      }
    }
  }
}
