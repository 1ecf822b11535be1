/* SPDX-License-Identifier: Apache-2.0
 * qmn_conv2d_s8_mve.c   Equals qmn_conv2d_s8_ref and qmn_conv2d_s8_channels_ref bit for bit. The windows of two output pixels at a time are copied
 * into the scratch, then meet all output channels (qmn_tile_s8_mve.h, whose order the weights have).
 */
#include "qmn_kernels_mve.h"

#include "qmn_mve.h"
#include "qmn_tile_s8_mve.h"

/* `rows` runs of `count` bytes each. Runs of four are common: four columns of a single channel. */
static void copy_runs(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t count, int32_t rows) {
  if (count == 4) {
    for (; rows > 0; --rows, from += from_step, to += to_step) __builtin_memcpy(to, from, 4);
  } else if (count > 0 && count < 4) {
    for (; rows > 0; --rows, from += from_step, to += to_step) {
      to[0] = from[0];
      if (count > 1) to[1] = from[1];
      if (count > 2) to[2] = from[2];
    }
  } else {
    for (; rows > 0; --rows, from += from_step, to += to_step) qmn_copy_bytes(from, to, count);
  }
}

static inline qmn_tap_range taps_inside(int32_t origin, int32_t kernel, int32_t dilation, int32_t extent) {
  if (dilation != 1) return qmn_taps_inside(origin, kernel, dilation, extent);
  qmn_tap_range range; /* without its divisions */
  range.begin = origin < 0 ? -origin : 0;
  range.end = extent - origin < kernel ? extent - origin : kernel;
  return range;
}

/* The window whose first tap is at (origin_y, origin_x), zeros outside the image. */
static void gather(const qmn_conv2d *layer, const int8_t *input, int32_t origin_y, int32_t origin_x, int8_t *patch) {
  const qmn_tap_range rows = taps_inside(origin_y, layer->kernel_h, layer->dilation_h, layer->in_h);
  const qmn_tap_range columns = taps_inside(origin_x, layer->kernel_w, layer->dilation_w, layer->in_w);
  const int32_t row_values = layer->kernel_w * layer->in_c, run = layer->dilation_w == 1 ? columns.end - columns.begin : 1;
  const int32_t step = layer->in_w * layer->in_c;
  if (rows.begin > 0 || columns.begin > 0 || rows.end < layer->kernel_h || columns.end < layer->kernel_w) {
    qmn_zero_vectors(patch, QMN_VECTORS(layer->kernel_h * row_values));
  }
  const int8_t *const line = input + (origin_y + rows.begin * layer->dilation_h) * step + origin_x * layer->in_c;
  int8_t *const to = patch + rows.begin * row_values;
  for (int32_t kx = columns.begin; kx < columns.end; kx += run) {
    copy_runs(line + kx * layer->dilation_w * layer->in_c, layer->dilation_h * step, to + kx * layer->in_c, row_values, run * layer->in_c, rows.end - rows.begin);
  }
}

/* One tap, whole vectors of channels, strides of 1: windows are the pixels as they lie in the image. */
static int has_whole_pixels(const qmn_conv2d *layer) {
  return layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 && layer->stride_w == 1 && layer->pad_top == 0 && layer->pad_left == 0 &&
         layer->out_h == layer->in_h && layer->out_w == layer->in_w && layer->in_c % QMN_VECTOR_BYTES == 0;
}

QMN_INLINE void convolve(const qmn_conv2d *layer, void (*multiply)(const qmn_tile_mve *), int is_per_channel, const int8_t *input, int8_t *output,
                         void *scratch) {
  const int32_t pixels = layer->out_h * layer->out_w, columns = layer->kernel_h * layer->kernel_w * layer->in_c;
  const int32_t vectors = QMN_VECTORS(columns), rows = (layer->out_c + 3) & ~3, patch_bytes = vectors * QMN_VECTOR_BYTES;
  int8_t *const patches = scratch;
  int8_t *const spare = patches + 2 * patch_bytes; /* for what is no whole tile: two pixels of `rows` channels */
  qmn_tile_mve tile = {.patches = {patches, patches + patch_bytes},
                       .biases = layer->bias.s32,
                       .weights_end = layer->weights + rows * patch_bytes,
                       .weights = layer->weights,
                       .vectors = vectors,
                       .clip_min = layer->epilogue.clip_min,
                       .clip_max = layer->epilogue.clip_max};
  if (is_per_channel) {
    tile.shifts = layer->epilogue.out_shifts;
  } else {
    tile.left_shift = -layer->epilogue.out_shift;
  }
  const int is_copy = has_whole_pixels(layer);
  int32_t out_y = 0, out_x = 0;
  for (int32_t pixel = 0; pixel < pixels; pixel += 2) {
    const int32_t count = pixels - pixel < 2 ? 1 : 2;
    if (is_copy) qmn_copy_bytes(input + pixel * layer->in_c, patches, count * layer->in_c);
    for (int32_t i = 0; i < count && !is_copy; ++i) {
      gather(layer, input, out_y * layer->stride_h - layer->pad_top, out_x * layer->stride_w - layer->pad_left, patches + i * patch_bytes);
      if (++out_x == layer->out_w) {
        out_x = 0;
        ++out_y;
      }
    }
    const int is_whole = count == 2 && rows == layer->out_c;
    tile.output = is_whole ? output : spare;
    tile.output_stride = rows;
    multiply(&tile);
    for (int32_t i = 0; i < count && !is_whole; ++i) qmn_copy_bytes(spare + i * rows, output + i * layer->out_c, layer->out_c);
    output += count * layer->out_c;
  }
}

void qmn_conv2d_s8_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch) {
  convolve(layer, qmn_tile_s8_mve, 0, input, output, scratch);
}
void qmn_conv2d_s8_channels_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch) {
  convolve(layer, qmn_tile_s8_channels_mve, 1, input, output, scratch);
}
