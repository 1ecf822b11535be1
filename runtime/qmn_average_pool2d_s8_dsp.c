/* SPDX-License-Identifier: Apache-2.0
 * qmn_average_pool2d_s8_dsp.c   Equals qmn_average_pool2d_s8_ref bit for bit: sums of four channels at a time, as two times two halves of 16 bits.
 * Pre: channels are a multiple of 4; at most 255 values a window, so that no half overflows.
 */
#include "qmn_kernels_dsp.h"

#include "qmn_dsp.h"
#include "qmn_internal.h"

void qmn_average_pool2d_s8_dsp(const qmn_average_pool2d *layer, const int8_t *input, int8_t *output) {
  const int32_t row = layer->in_w * layer->channels;
  for (int32_t out_y = 0; out_y < layer->out_h; ++out_y) {
    const int32_t origin_y = out_y * layer->stride_h - layer->pad_top;
    const qmn_tap_range rows = qmn_taps_inside(origin_y, layer->kernel_h, 1, layer->in_h);
    for (int32_t out_x = 0; out_x < layer->out_w; ++out_x) {
      const int32_t origin_x = out_x * layer->stride_w - layer->pad_left;
      const qmn_tap_range columns = qmn_taps_inside(origin_x, layer->kernel_w, 1, layer->in_w);
      const int32_t divisor = (rows.end - rows.begin) * (columns.end - columns.begin) * ((int32_t)1 << layer->right_shift);
      const int8_t *const window = input + (origin_y + rows.begin) * row + (origin_x + columns.begin) * layer->channels;
      for (int32_t c = 0; c < layer->channels; c += 4, output += 4) {
        uint32_t even = 0, odd = 0;
        const int8_t *line = window + c;
        for (int32_t y = rows.begin; y < rows.end; ++y, line += row) {
          const int8_t *pixel = line;
          for (int32_t x = columns.begin; x < columns.end; ++x, pixel += layer->channels) {
            const uint32_t word = qmn_load_word(pixel);
            even = qmn_add_even_bytes(even, word);
            odd = qmn_add_odd_bytes(odd, word);
          }
        }
        const int32_t sums[4] = {(int16_t)even, (int16_t)odd, (int32_t)even >> 16, (int32_t)odd >> 16};
        for (int32_t i = 0; i < 4; ++i) {
          const int32_t numerator = 2 * sums[i] * ((int32_t)1 << layer->left_shift) + divisor;
          output[i] = (int8_t)qmn_clip(qmn_floor_divide(numerator, 2u * (uint32_t)divisor), layer->clip_min, layer->clip_max);
        }
      }
    }
  }
}
