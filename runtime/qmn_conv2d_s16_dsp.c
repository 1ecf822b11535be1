/* SPDX-License-Identifier: Apache-2.0
 * qmn_conv2d_s16_dsp.c   int16 in, equal to qmn_conv2d_s16_ref, qmn_conv2d_s16_s8_ref and their forms by channels bit for bit: SMLAD takes the halves as they are. Weights
 * and biases have the order of qmn_tile_s8_dsp.h.
 */
#include "qmn_kernels_dsp.h"

#include "qmn_bits.h"
#include "qmn_conv2d_dsp.h"
#include "qmn_tile_s16_dsp.h"

/* Values first, first + 1, ... of a vector, from a run of the image. */
static void put_run(uint32_t *vector, int32_t first, const int16_t *values, int32_t count) {
  int32_t i = 0;
  for (; i < count && (first + i) & 3; ++i) qmn_put_value(vector, first + i, values[i]);
  for (uint32_t *group = vector + ((first + i) >> 2) * QMN_GROUP_WORDS; i + 4 <= count; i += 4, group += QMN_GROUP_WORDS) {
    const uint32_t low = qmn_load_pair(values + i), high = qmn_load_pair(values + i + 2);
    group[0] = (low & 0xffffu) | high << 16;
    group[1] = low >> 16 | (high & 0xffff0000u);
  }
  for (; i < count; ++i) qmn_put_value(vector, first + i, values[i]);
}

static void put_zeros(uint32_t *vector, int32_t first, int32_t end) {
  for (; first < end; ++first) qmn_put_value(vector, first, 0);
}

static void gather(const qmn_conv2d *layer, const void *image, int32_t origin_y, int32_t origin_x, uint32_t *vector) {
  const int16_t *const input = image;
  const qmn_tap_range columns = qmn_taps_inside(origin_x, layer->kernel_w, layer->dilation_w, layer->in_w);
  const int32_t row_values = layer->kernel_w * layer->in_c, run = layer->dilation_w == 1 ? columns.end - columns.begin : 1;
  int32_t value = 0;
  for (int32_t ky = 0; ky < layer->kernel_h; ++ky, value += row_values) {
    const int32_t y = origin_y + ky * layer->dilation_h;
    if (y < 0 || y >= layer->in_h || columns.begin >= columns.end) {
      put_zeros(vector, value, value + row_values);
      continue;
    }
    put_zeros(vector, value, value + columns.begin * layer->in_c);
    for (int32_t kx = columns.begin; kx < columns.end; kx += run) {
      const int32_t x = origin_x + kx * layer->dilation_w;
      put_run(vector, value + kx * layer->in_c, input + (y * layer->in_w + x) * layer->in_c, run * layer->in_c);
    }
    put_zeros(vector, value + columns.end * layer->in_c, value + row_values);
  }
  put_zeros(vector, value, (value + 3) & ~3);
}

#define QMN_CONV2D(name, tile, is_per_channel, type_out)                                                                            \
  void name(const qmn_conv2d *layer, const int16_t *input, type_out *output, void *scratch) {                                       \
    qmn_conv2d_dsp_body(layer, gather, tile, is_per_channel, input, (int8_t *)output, (int32_t)sizeof *output, scratch);            \
  }
QMN_CONV2D(qmn_conv2d_s16_s8_dsp, qmn_tile_s8_dsp, 0, int8_t)
QMN_CONV2D(qmn_conv2d_s16_s8_channels_dsp, qmn_tile_s8_channels_dsp, 1, int8_t)
QMN_CONV2D(qmn_conv2d_s16_dsp, qmn_tile_s16_dsp, 0, int16_t)
QMN_CONV2D(qmn_conv2d_s16_channels_dsp, qmn_tile_s16_channels_dsp, 1, int16_t)
