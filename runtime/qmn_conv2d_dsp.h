/* SPDX-License-Identifier: Apache-2.0
 * qmn_conv2d_dsp.h   What the dsp convolutions share: three output pixels at a time, whose windows `gather` widens into the scratch, meet all output
 * channels (qmn_tile_s8_dsp.h). Pixels are read before they are overwritten.
 */
#ifndef QMN_CONV2D_DSP_H
#define QMN_CONV2D_DSP_H

#include "qmn_dsp.h"
#include "qmn_internal.h"
#include "qmn_tile_s8_dsp.h"
#include "qmn_values.h"

#define QMN_GROUP_WORDS (2 * QMN_TILE_VECTORS) /* from one group of a vector to its next */

/* The window whose first tap is at (origin_y, origin_x), zeros outside the image, as a vector of the tile; filled up with zeros. */
typedef void (*qmn_gather_function)(const qmn_conv2d *layer, const void *input, int32_t origin_y, int32_t origin_x, uint32_t *vector);

/* One value of a vector. */
static inline void qmn_put_value(uint32_t *vector, int32_t at, int32_t value) {
  uint32_t *const word = vector + (at >> 2) * QMN_GROUP_WORDS + (at & 1);
  *word = at & 2 ? (*word & 0xffffu) | (uint32_t)value << 16 : (*word & 0xffff0000u) | (uint16_t)value;
}

static void qmn_copy_pixels(const int8_t *from, int8_t *to, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = from[i];
}

/* Whether the bounds of a clip are none that saturation gives: ReLU6. */
static inline int qmn_has_own_clip(const qmn_epilogue *epilogue, int32_t out_bytes) {
  const int32_t most = out_bytes == 1 ? 127 : 32767;
  return epilogue->clip_max != most || (epilogue->clip_min != 0 && epilogue->clip_min != -most - 1);
}

static inline void qmn_clip_values(void *values, int32_t out_bytes, int32_t count, const qmn_epilogue *epilogue) {
  for (int32_t i = 0; i < count; ++i) qmn_store(values, out_bytes, i, qmn_clip_to(qmn_load(values, out_bytes, i), epilogue->clip_min, epilogue->clip_max));
}

QMN_INLINE void qmn_conv2d_dsp_body(const qmn_conv2d *layer, qmn_gather_function gather, void (*multiply)(const qmn_tile *), int is_per_channel, const void *input,
                                    int8_t *output, int32_t out_bytes, void *scratch) {
  const int32_t pixels = layer->out_h * layer->out_w, columns = layer->kernel_h * layer->kernel_w * layer->in_c, rows = (layer->out_c + 1) & ~1;
  uint32_t *const patches = scratch;
  uint32_t *const patches_end = patches + ((columns + 3) >> 2) * QMN_GROUP_WORDS;
  int8_t *const spare = (int8_t *)patches_end; /* for what is no whole tile: three pixels of `rows` channels */
  qmn_tile tile = {.patches = patches, .patches_end = patches_end, .weights = layer->weights, .biases = layer->bias.s32, .pairs = rows >> 1};
  if (is_per_channel) {
    tile.shifts = layer->epilogue.out_shifts;
  } else {
    tile.shift = layer->epilogue.out_shift;
  }
  tile.is_relu = layer->epilogue.clip_min >= 0;
  const int has_own_clip = qmn_has_own_clip(&layer->epilogue, out_bytes);
  int32_t out_y = 0, out_x = 0;
  for (int32_t pixel = 0; pixel < pixels; pixel += QMN_TILE_VECTORS) {
    const int32_t count = pixels - pixel < QMN_TILE_VECTORS ? pixels - pixel : QMN_TILE_VECTORS;
    for (int32_t vector = 0; vector < count; ++vector) {
      gather(layer, input, out_y * layer->stride_h - layer->pad_top, out_x * layer->stride_w - layer->pad_left, patches + 2 * vector);
      if (++out_x == layer->out_w) {
        out_x = 0;
        ++out_y;
      }
    }
    const int is_whole = count == QMN_TILE_VECTORS && rows == layer->out_c;
    tile.output = is_whole ? output : spare;
    tile.output_stride = rows * out_bytes;
    multiply(&tile);
    for (int32_t vector = 0; vector < count && !is_whole; ++vector) qmn_copy_pixels(spare + vector * rows * out_bytes, output + vector * layer->out_c * out_bytes, layer->out_c * out_bytes);
    if (has_own_clip) qmn_clip_values(output, out_bytes, count * layer->out_c, &layer->epilogue);
    output += count * layer->out_c * out_bytes;
  }
}

#endif /* QMN_CONV2D_DSP_H */
