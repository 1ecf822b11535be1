/* SPDX-License-Identifier: Apache-2.0
 * random_layers.h   Random layers and values for checks of kernels against the `ref` kernels, in C, so that they run on an emulated core as well.
 */
#ifndef RANDOM_LAYERS_H
#define RANDOM_LAYERS_H

#include "qmn_kernels.h"

enum { kMostValues = 6000 };

static uint32_t state;
static inline uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}
static inline int32_t between(int32_t low, int32_t high) { return low + (int32_t)(next() % (uint32_t)(high - low + 1)); }

static int8_t input[kMostValues], weights[kMostValues], expected[kMostValues], work[kMostValues], biases[128];
static _Alignas(4) int8_t reordered[4 * kMostValues], scratch[4 * kMostValues];
static int32_t prepared[128];
static uint8_t shifts[128];

static inline void fill(int8_t *values, int32_t count) {
  const int32_t kind = between(0, 5); /* mostly random, at times at the ends of the range */
  for (int32_t i = 0; i < count; ++i) values[i] = (int8_t)(kind == 0 ? -128 : kind == 1 ? 127 : between(-128, 127));
}

/* A shift for all channels, or one for each: returns which. */
static inline int choose_epilogue(qmn_epilogue *epilogue, qmn_bias *bias, int32_t channels) {
  const int is_per_channel = between(0, 2) == 0;
  const int32_t shift = between(0, 15);
  const int32_t kind = between(0, 2);
  epilogue->clip_min = (int8_t)(kind == 0 ? -128 : kind == 1 ? 0 : between(-100, 0));
  epilogue->clip_max = (int8_t)(kind == 2 ? between(1, 127) : 127);
  fill(biases, channels);
  bias->s8 = biases;
  bias->s32 = 0;
  bias->shift = between(0, 10);
  for (int32_t i = 0; i < channels; ++i) {
    shifts[i] = (uint8_t)(is_per_channel ? between(0, 15) : shift);
    prepared[i] = biases[i] * ((int32_t)1 << bias->shift) + (((int32_t)1 << shifts[i]) >> 1);
  }
  prepared[channels] = 0;
  shifts[channels] = 0;
  if (is_per_channel) {
    epilogue->out_shifts = shifts;
  } else {
    epilogue->out_shift = shift;
  }
  return is_per_channel;
}

typedef void (*convolution)(const qmn_conv2d *, const int8_t *, int8_t *, void *);
typedef void (*reference)(const qmn_conv2d *, const int8_t *, int8_t *);

static inline int compare(int32_t count, const int8_t *got) {
  for (int32_t i = 0; i < count; ++i) {
    if (got[i] != expected[i]) return 1;
  }
  return got[count] != 99; /* nothing behind the output was written */
}

static inline int choose_geometry(qmn_conv2d *layer, int32_t max_kernel) {
  layer->in_h = between(1, 9);
  layer->in_w = between(1, 9);
  layer->kernel_h = between(1, max_kernel);
  layer->kernel_w = between(1, max_kernel);
  layer->stride_h = between(1, 3);
  layer->stride_w = between(1, 3);
  layer->pad_top = between(0, layer->kernel_h);
  layer->pad_left = between(0, layer->kernel_w);
  const int32_t room_h = layer->in_h + layer->pad_top + between(0, layer->kernel_h) - (layer->dilation_h * (layer->kernel_h - 1) + 1);
  const int32_t room_w = layer->in_w + layer->pad_left + between(0, layer->kernel_w) - (layer->dilation_w * (layer->kernel_w - 1) + 1);
  layer->out_h = room_h / layer->stride_h + 1;
  layer->out_w = room_w / layer->stride_w + 1;
  return room_h >= 0 && room_w >= 0 && layer->in_h * layer->in_w * layer->in_c < kMostValues && layer->out_h * layer->out_w * layer->out_c < kMostValues;
}

/* A convolution of up to `most_in` channels. */
static inline qmn_conv2d choose_conv2d(int32_t most_in) {
  qmn_conv2d layer = {0};
  do {
    layer.in_c = between(1, most_in);
    layer.out_c = between(1, 20);
    layer.dilation_h = between(0, 3) ? 1 : 2;
    layer.dilation_w = between(0, 3) ? 1 : 2;
  } while (!choose_geometry(&layer, between(1, 4)) || layer.out_c * layer.in_c * layer.kernel_h * layer.kernel_w >= kMostValues);
  return layer;
}

/* It reads a pixel for each that it writes, of as many channels at least: it may work in place. */
static inline int is_pixelwise(const qmn_conv2d *layer) {
  return layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 && layer->stride_w == 1 && layer->out_h == layer->in_h && layer->out_w == layer->in_w &&
         layer->pad_top == 0 && layer->pad_left == 0 && layer->out_c <= layer->in_c;
}

/* A depthwise convolution without multiplier, half of the time the common one: 3x3, as large behind as before. */
static inline qmn_conv2d choose_depthwise(void) {
  qmn_conv2d layer = {0};
  layer.dilation_h = layer.dilation_w = 1;
  do {
    layer.in_c = layer.out_c = between(1, 20);
  } while (!choose_geometry(&layer, between(0, 1) ? 3 : 5));
  if (between(0, 1)) {
    layer.kernel_h = layer.kernel_w = 3;
    layer.stride_h = layer.stride_w = layer.pad_top = layer.pad_left = 1;
    layer.out_h = layer.in_h;
    layer.out_w = layer.in_w;
  }
  return layer;
}

static inline void copy(const int8_t *from, int8_t *to, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = from[i];
}

/* Channels are a multiple of `step`. */
static inline qmn_average_pool2d choose_average_pool(int32_t step) {
  qmn_conv2d window = {0};
  window.dilation_h = window.dilation_w = 1;
  do {
    window.in_c = window.out_c = step * between(1, 20 / step);
  } while (!choose_geometry(&window, between(1, 9)) || window.pad_top >= window.kernel_h || window.pad_left >= window.kernel_w ||
           (window.out_h - 1) * window.stride_h - window.pad_top >= window.in_h || (window.out_w - 1) * window.stride_w - window.pad_left >= window.in_w);
  qmn_average_pool2d layer = {0};
  layer.in_h = window.in_h, layer.in_w = window.in_w, layer.channels = window.in_c;
  layer.out_h = window.out_h, layer.out_w = window.out_w;
  layer.kernel_h = window.kernel_h, layer.kernel_w = window.kernel_w;
  layer.stride_h = window.stride_h, layer.stride_w = window.stride_w;
  layer.pad_top = window.pad_top, layer.pad_left = window.pad_left;
  if (between(0, 1)) layer.left_shift = between(0, 5); else layer.right_shift = between(0, 9);
  layer.clip_min = (int8_t)(between(0, 1) ? -128 : 0);
  layer.clip_max = 127;
  return layer;
}

#endif /* RANDOM_LAYERS_H */
