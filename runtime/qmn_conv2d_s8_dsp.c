/* SPDX-License-Identifier: Apache-2.0
 * qmn_conv2d_s8_dsp.c   Equals qmn_conv2d_s8_ref and qmn_conv2d_s8_channels_ref bit for bit. The windows of three output pixels at a time are
 * widened, then meet all output channels (qmn_tile_s8_dsp.h or qmn_tile_packed_s8_dsp.h, whose order the weights and biases have).
 * May run in place where the kernel has one tap, both strides are 1 and out_c <= in_c: pixels are read before they are overwritten.
 */
#include "qmn_kernels_dsp.h"

#include "qmn_conv2d_dsp.h"
#include "qmn_tile_packed_s8_dsp.h"
#include "qmn_tile_s16_dsp.h"

/* Four bytes into a group. */
static inline void put_word(uint32_t *group, uint32_t word) {
  group[0] = qmn_even_bytes(word);
  group[1] = qmn_odd_bytes(word);
}

/* `count` bytes, or zeros where `bytes` is 0, as the values first, first + 1, ... of a vector. */
static void put_bytes(uint32_t *vector, int32_t first, const int8_t *bytes, int32_t count) {
  for (int32_t i = 0; i < count; ++i) qmn_put_value(vector, first + i, bytes ? bytes[i] : 0);
}

/* Four values of a row of the window, of which only first ... end - 1 lie inside the image; `values` is where the row would begin. A word at
 * the edge is loaded from where all of it lies inside, and shifted. Pre: a row of the image has
 * four values at least. */
static inline uint32_t part_of_row(const int8_t *values, int32_t at, int32_t first, int32_t end) {
  if (at + 4 <= first || at >= end) return 0;
  if (at < first) return qmn_load_word(values + first) << (8 * (first - at));
  if (at + 4 > end) return qmn_load_word(values + end - 4) >> (8 * (at + 4 - end));
  return qmn_load_word(values + at);
}

/* The window of one output pixel, zeros outside the image, where each of its rows is whole groups and one run of the image. Pre: as above. */
static void gather_rows(const qmn_conv2d *layer, const void *image, int32_t origin_y, int32_t origin_x, uint32_t *vector) {
  const qmn_tap_range columns = qmn_taps_inside(origin_x, layer->kernel_w, 1, layer->in_w);
  qmn_tap_range rows = qmn_taps_inside(origin_y, layer->kernel_h, layer->dilation_h, layer->in_h);
  if (rows.begin >= rows.end || columns.begin >= columns.end) rows.begin = rows.end = layer->kernel_h;
  const int32_t row_values = layer->kernel_w * layer->in_c, first = columns.begin * layer->in_c, end = columns.end * layer->in_c;
  const int32_t step = layer->dilation_h * layer->in_w * layer->in_c;
  const int8_t *values = (const int8_t *)image + (origin_y * layer->in_w + origin_x) * layer->in_c;
  const int is_whole = first == 0 && end == row_values;
  int32_t ky = 0;
  for (int32_t at = 0; at < rows.begin * row_values; at += 4, vector += QMN_GROUP_WORDS) put_word(vector, 0);
  ky = rows.begin;
  values += ky * step;
  if (row_values == 4) { /* one word, clipped alike in every row */
    const int32_t from = first > 0 ? first : end - 4, left = 8 * first, right = 8 * (4 - end);
    for (values += from; ky < rows.end; ++ky, values += step, vector += QMN_GROUP_WORDS) put_word(vector, qmn_load_word(values) << left >> right);
  }
  for (; ky < rows.end; ++ky, values += step) {
    for (int32_t at = 0; at < row_values; at += 4, vector += QMN_GROUP_WORDS) put_word(vector, is_whole ? qmn_load_word(values + at) : part_of_row(values, at, first, end));
  }
  for (int32_t at = ky * row_values; at < layer->kernel_h * row_values; at += 4, vector += QMN_GROUP_WORDS) put_word(vector, 0);
}

/* The same of any window. */
static void gather(const qmn_conv2d *layer, const void *image, int32_t origin_y, int32_t origin_x, uint32_t *vector) {
  const qmn_tap_range columns = qmn_taps_inside(origin_x, layer->kernel_w, layer->dilation_w, layer->in_w);
  const int8_t *const input = image;
  const int32_t row_values = layer->kernel_w * layer->in_c, run = layer->dilation_w == 1 ? columns.end - columns.begin : 1;
  int32_t value = 0;
  for (int32_t ky = 0; ky < layer->kernel_h; ++ky, value += row_values) {
    const int32_t y = origin_y + ky * layer->dilation_h;
    if (y < 0 || y >= layer->in_h || columns.begin >= columns.end) {
      put_bytes(vector, value, 0, row_values);
      continue;
    }
    if (columns.begin > 0) put_bytes(vector, value, 0, columns.begin * layer->in_c);
    for (int32_t kx = columns.begin; kx < columns.end; kx += run) {
      const int32_t x = origin_x + kx * layer->dilation_w;
      put_bytes(vector, value + kx * layer->in_c, input + (y * layer->in_w + x) * layer->in_c, run * layer->in_c);
    }
    if (columns.end < layer->kernel_w) put_bytes(vector, value + columns.end * layer->in_c, 0, (layer->kernel_w - columns.end) * layer->in_c);
  }
  for (; value & 3; ++value) put_bytes(vector, value, 0, 1);
}

/* One tap over the whole image: the input is the window. `groups` words, 4-byte aligned. */
#if QMN_HAS_DSP
#define QMN_WIDEN(word)                    \
  "sxtb16 r8, " word "\n"                  \
  "sxtb16 r9, " word ", ror #8\n"          \
  "strd r8, r9, [r2], #24\n"
__attribute__((naked, used)) static void widen_words(const int8_t *words __attribute__((unused)), int32_t groups __attribute__((unused)),
                                                     uint32_t *vector __attribute__((unused))) {
  __asm__(
      "push {r4-r9}\n"
      "subs r1, r1, #4\n"
      "blt 2f\n"
      "1:\n"
      "ldmia r0!, {r4-r7}\n"
      QMN_WIDEN("r4") QMN_WIDEN("r5") QMN_WIDEN("r6") QMN_WIDEN("r7")
      "subs r1, r1, #4\n"
      "bge 1b\n"
      "2:\n"
      "adds r1, r1, #4\n"
      "beq 4f\n"
      "3:\n"
      "ldr r4, [r0], #4\n"
      QMN_WIDEN("r4")
      "subs r1, r1, #1\n"
      "bne 3b\n"
      "4:\n"
      "pop {r4-r9}\n"
      "bx lr\n");
}
#else
static void widen_words(const int8_t *words, int32_t groups, uint32_t *vector) {
  for (int32_t i = 0; i < groups; ++i) put_word(vector + i * QMN_GROUP_WORDS, qmn_load_word(words + 4 * i));
}
#endif

static void gather_pixel(const qmn_conv2d *layer, const void *image, int32_t y, int32_t x, uint32_t *vector) {
  int32_t channels = layer->in_c;
  const int8_t *pixel = (const int8_t *)image + (y * layer->in_w + x) * channels;
  if ((channels & 3) == 0) {
    widen_words(pixel, channels >> 2, vector);
    return;
  }
  for (; channels >= 4; channels -= 4, pixel += 4, vector += QMN_GROUP_WORDS) put_word(vector, qmn_load_word(pixel));
  put_word(vector, 0);
  put_bytes(vector, 0, pixel, channels);
}

static int is_pixelwise(const qmn_conv2d *layer) {
  return layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 && layer->stride_w == 1 && layer->pad_top == 0 && layer->pad_left == 0 &&
         layer->out_h == layer->in_h && layer->out_w == layer->in_w;
}

QMN_INLINE void convolve(const qmn_conv2d *layer, void (*multiply)(const qmn_tile *), int is_per_channel, const int8_t *input, void *output, int32_t out_bytes,
                         void *scratch) {
  const int has_whole_rows = (layer->kernel_w * layer->in_c & 3) == 0 && layer->dilation_w == 1 && layer->in_w * layer->in_c >= 4;
  qmn_conv2d_dsp_body(layer, is_pixelwise(layer) ? gather_pixel : has_whole_rows ? gather_rows : gather, multiply, is_per_channel, input, output, out_bytes, scratch);
}

/* A net links the tiles of the functions that it calls. */
#define QMN_CONV2D(name, tile, is_per_channel, type_out)                                           \
  void name(const qmn_conv2d *layer, const int8_t *input, type_out *output, void *scratch) {       \
    convolve(layer, tile, is_per_channel, input, output, (int32_t)sizeof *output, scratch);        \
  }
QMN_CONV2D(qmn_conv2d_s8_dsp, qmn_tile_s8_dsp, 0, int8_t)
QMN_CONV2D(qmn_conv2d_s8_channels_dsp, qmn_tile_s8_channels_dsp, 1, int8_t)
QMN_CONV2D(qmn_conv2d_s8_packed_dsp, qmn_tile_packed_s8_dsp, 0, int8_t)
QMN_CONV2D(qmn_conv2d_s8_packed_channels_dsp, qmn_tile_packed_s8_channels_dsp, 1, int8_t)
QMN_CONV2D(qmn_conv2d_s8_s16_dsp, qmn_tile_s16_dsp, 0, int16_t)
QMN_CONV2D(qmn_conv2d_s8_s16_channels_dsp, qmn_tile_s16_channels_dsp, 1, int16_t)
