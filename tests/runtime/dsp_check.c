/* SPDX-License-Identifier: Apache-2.0
 * dsp_check.c   Random layers through the `dsp` kernels and the `ref` kernels. Compiled for the host and for the emulated core.
 */
#include "dsp_check.h"

#include "qmn_kernels_dsp.h"
#include "random_layers.h"

/* [row block][group of four columns][row of the block][4] */
static void reorder_rows(int32_t rows, int32_t columns, int32_t block) {
  int8_t *to = reordered;
  for (int32_t row = 0; row < rows; row += block) {
    for (int32_t column = 0; column < columns; column += 4) {
      for (int32_t i = 0; i < block; ++i) {
        for (int32_t k = 0; k < 4; ++k) *to++ = row + i < rows && column + k < columns ? weights[(row + i) * columns + column + k] : 0;
      }
    }
  }
}

/* A pair of rows in one half: even rows + 128 in the low bytes, odd rows in the high ones; columns 0, 2, 1, 3 of each four. */
static void pack_rows(int32_t rows, int32_t columns) {
  static const int32_t order[4] = {0, 2, 1, 3};
  int8_t *to = reordered;
  for (int32_t row = 0; row < rows; row += 2) {
    for (int32_t column = 0; column < columns; column += 4) {
      for (int32_t i = 0; i < 4; ++i) {
        const int32_t at = column + order[i], is_inside = at < columns;
        *to++ = (int8_t)((is_inside ? weights[row * columns + at] : 0) ^ -128);
        *to++ = is_inside && row + 1 < rows ? weights[(row + 1) * columns + at] : 0;
      }
    }
    prepared[row + 1] *= 256;
    shifts[row + 1] = (uint8_t)(shifts[row + 1] + 8);
  }
}

static int check_conv2d(void) {
  qmn_conv2d layer = {0};
  do {
    layer.in_c = between(1, 20);
    layer.out_c = between(1, 20);
    layer.dilation_h = between(0, 3) ? 1 : 2;
    layer.dilation_w = between(0, 3) ? 1 : 2;
  } while (!choose_geometry(&layer, between(1, 4)) || layer.out_c * layer.in_c * layer.kernel_h * layer.kernel_w >= kMostValues);
  const int32_t columns = layer.in_c * layer.kernel_h * layer.kernel_w, size = layer.out_h * layer.out_w * layer.out_c;
  fill(input, layer.in_h * layer.in_w * layer.in_c);
  fill(weights, layer.out_c * columns);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_c);
  const reference ref = is_per_channel ? qmn_conv2d_s8_channels_ref : qmn_conv2d_s8_ref;
  const int is_packed = between(0, 1);
  const convolution plain = is_per_channel ? qmn_conv2d_s8_channels_dsp : qmn_conv2d_s8_dsp;
  const convolution packed = is_per_channel ? qmn_conv2d_s8_packed_channels_dsp : qmn_conv2d_s8_packed_dsp;
  const convolution dsp = is_packed ? packed : plain;
  layer.weights = weights;
  ref(&layer, input, expected);
  if (is_packed) {
    pack_rows(layer.out_c, columns);
  } else {
    reorder_rows(layer.out_c, columns, 2);
  }
  layer.weights = reordered;
  layer.bias = (qmn_bias){0, prepared, 0};
  work[size] = 99;
  dsp(&layer, input, work, scratch);
  if (compare(size, work)) return 1;
  const int is_pixelwise = columns == layer.in_c && layer.stride_h == 1 && layer.stride_w == 1 && layer.out_h == layer.in_h && layer.out_w == layer.in_w &&
                           layer.pad_top == 0 && layer.pad_left == 0 && layer.out_c <= layer.in_c;
  if (!is_pixelwise) return 0;
  copy(input, work, layer.in_h * layer.in_w * layer.in_c);
  dsp(&layer, work, work, scratch);
  work[size] = 99;
  return compare(size, work) ? 2 : 0;
}

static int16_t wide_input[kMostValues];

static int check_wide_conv2d(void) {
  qmn_conv2d layer = {0};
  do {
    layer.in_c = between(1, 9);
    layer.out_c = between(1, 20);
    layer.dilation_h = between(0, 3) ? 1 : 2;
    layer.dilation_w = between(0, 3) ? 1 : 2;
  } while (!choose_geometry(&layer, between(1, 4)) || layer.out_c * layer.in_c * layer.kernel_h * layer.kernel_w >= kMostValues);
  const int32_t columns = layer.in_c * layer.kernel_h * layer.kernel_w, size = layer.out_h * layer.out_w * layer.out_c, kind = between(0, 5);
  for (int32_t i = 0; i < layer.in_h * layer.in_w * layer.in_c; ++i) {
    wide_input[i] = (int16_t)(kind == 0 ? -32768 : kind == 1 ? 32767 : between(-32768, 32767));
  }
  fill(weights, layer.out_c * columns);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_c);
  layer.weights = weights;
  (is_per_channel ? qmn_conv2d_s16_s8_channels_ref : qmn_conv2d_s16_s8_ref)(&layer, wide_input, expected);
  reorder_rows(layer.out_c, columns, 2);
  layer.weights = reordered;
  layer.bias = (qmn_bias){0, prepared, 0};
  work[size] = 99;
  (is_per_channel ? qmn_conv2d_s16_s8_channels_dsp : qmn_conv2d_s16_s8_dsp)(&layer, wide_input, work, scratch);
  return compare(size, work) ? 7 : 0;
}

static int check_depthwise(void) {
  qmn_conv2d layer = {0};
  layer.dilation_h = layer.dilation_w = 1;
  do {
    layer.in_c = layer.out_c = between(1, 20);
  } while (!choose_geometry(&layer, between(0, 1) ? 3 : 5));
  if (between(0, 1)) { /* the common one */
    layer.kernel_h = layer.kernel_w = 3;
    layer.stride_h = layer.stride_w = layer.pad_top = layer.pad_left = 1;
    layer.out_h = layer.in_h;
    layer.out_w = layer.in_w;
  }
  const int32_t size = layer.out_h * layer.out_w * layer.out_c;
  fill(input, layer.in_h * layer.in_w * layer.in_c);
  fill(weights, layer.out_c * layer.kernel_h * layer.kernel_w);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_c);
  const reference ref = is_per_channel ? qmn_depthwise_conv2d_s8_channels_ref : qmn_depthwise_conv2d_s8_ref;
  const convolution any = is_per_channel ? qmn_depthwise_conv2d_s8_channels_dsp : qmn_depthwise_conv2d_s8_dsp;
  const convolution plain_3x3 = is_per_channel ? qmn_depthwise_conv2d_s8_3x3_channels_dsp : qmn_depthwise_conv2d_s8_3x3_dsp;
  const convolution relu_3x3 = is_per_channel ? qmn_depthwise_conv2d_s8_3x3_relu_channels_dsp : qmn_depthwise_conv2d_s8_3x3_relu_dsp;
  const int is_3x3 = layer.kernel_h == 3 && layer.kernel_w == 3 && layer.stride_h == 1 && layer.stride_w == 1;
  const convolution dsp = !is_3x3 ? any : layer.epilogue.clip_min >= 0 ? relu_3x3 : plain_3x3;
  layer.weights = weights;
  ref(&layer, input, expected);
  int8_t *to = reordered;
  for (int32_t c = 0; c < layer.out_c; ++c) {
    for (int32_t kx = 0; kx < layer.kernel_w; ++kx) {
      for (int32_t ky = 0; ky < layer.kernel_h; ++ky) *to++ = weights[(ky * layer.kernel_w + kx) * layer.out_c + c];
    }
  }
  layer.weights = reordered;
  layer.bias = (qmn_bias){0, prepared, 0};
  work[size] = 99;
  dsp(&layer, input, work, scratch);
  if (compare(size, work)) return 3;
  if (layer.out_h != layer.in_h || layer.out_w != layer.in_w) return 0;
  copy(input, work, size);
  dsp(&layer, work, work, scratch);
  work[size] = 99;
  return compare(size, work) ? 4 : 0;
}

static int check_fully_connected(void) {
  qmn_fully_connected layer = {0};
  layer.in_count = between(1, 130);
  layer.out_count = between(1, 40);
  fill(input, layer.in_count);
  fill(weights, layer.in_count * layer.out_count);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_count);
  layer.weights = weights;
  (is_per_channel ? qmn_fully_connected_s8_channels_ref : qmn_fully_connected_s8_ref)(&layer, input, expected);
  reorder_rows(layer.out_count, layer.in_count, 4);
  layer.weights = reordered;
  layer.bias = (qmn_bias){0, prepared, 0};
  work[layer.out_count] = 99;
  (is_per_channel ? qmn_fully_connected_s8_channels_dsp : qmn_fully_connected_s8_dsp)(&layer, input, work, scratch);
  return compare(layer.out_count, work) ? 5 : 0;
}

static int check_average_pool(void) {
  const qmn_average_pool2d layer = choose_average_pool(4);
  const int32_t size = layer.out_h * layer.out_w * layer.channels;
  fill(input, layer.in_h * layer.in_w * layer.channels);
  qmn_average_pool2d_s8_ref(&layer, input, expected);
  work[size] = 99;
  qmn_average_pool2d_s8_dsp(&layer, input, work);
  return compare(size, work) ? 6 : 0;
}

int qmn_dsp_check(int rounds) {
  state = 2463534242u;
  for (int32_t round = 0; round < rounds; ++round) {
    const int failure = check_conv2d() + 10 * check_depthwise() + 100 * check_fully_connected() + 1000 * check_average_pool() + 10000 * check_wide_conv2d();
    if (failure) return 100000 * (round + 1) + failure;
  }
  return 0;
}
