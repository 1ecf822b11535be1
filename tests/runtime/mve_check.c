/* SPDX-License-Identifier: Apache-2.0
 * mve_check.c   Random layers through the `mve` kernels and the `ref` kernels. Compiled for the host and for the emulated core.
 */
#include "mve_check.h"

#include "qmn_kernels_mve.h"
#include "random_layers.h"

/* [block of 4 rows][vector of 16 columns][4 rows][16] */
static void block_rows(int32_t rows, int32_t columns) {
  int8_t *to = reordered;
  for (int32_t row = 0; row < rows; row += 4) {
    for (int32_t column = 0; column < columns; column += 16) {
      for (int32_t i = row; i < row + 4; ++i) {
        for (int32_t k = column; k < column + 16; ++k) *to++ = i < rows && k < columns ? weights[i * columns + k] : 0;
      }
    }
  }
  for (int32_t row = rows; row & 3; ++row) prepared[row] = shifts[row] = 0;
}

static int check_conv2d(void) {
  qmn_conv2d layer = choose_conv2d(between(1, 3) == 1 ? 80 : 20);
  const int32_t columns = layer.in_c * layer.kernel_h * layer.kernel_w, size = layer.out_h * layer.out_w * layer.out_c;
  fill(input, layer.in_h * layer.in_w * layer.in_c);
  fill(weights, layer.out_c * columns);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_c);
  const convolution mve = is_per_channel ? qmn_conv2d_s8_channels_mve : qmn_conv2d_s8_mve;
  layer.weights = weights;
  (is_per_channel ? qmn_conv2d_s8_channels_ref : qmn_conv2d_s8_ref)(&layer, input, expected);
  block_rows(layer.out_c, columns);
  layer.weights = reordered;
  layer.bias = (qmn_bias){0, prepared, 0};
  work[size] = 99;
  mve(&layer, input, work, scratch);
  if (compare(size, work)) return 1;
  if (!is_pixelwise(&layer)) return 0;
  copy(input, work, layer.in_h * layer.in_w * layer.in_c);
  mve(&layer, work, work, scratch);
  work[size] = 99;
  return compare(size, work) ? 2 : 0;
}

static int check_depthwise(void) {
  qmn_conv2d layer = choose_depthwise();
  const int32_t size = layer.out_h * layer.out_w * layer.out_c, taps = layer.kernel_h * layer.kernel_w;
  fill(input, layer.in_h * layer.in_w * layer.in_c);
  fill(weights, layer.out_c * taps);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_c);
  const int32_t pitch = QMN_DEPTHWISE_S8_MVE_PITCH(layer.in_w, layer.out_w, layer.stride_w, layer.kernel_w, layer.pad_left);
  const int is_narrow = layer.stride_h == 1 && layer.stride_w == 1 && (layer.kernel_h - 1) * pitch + layer.kernel_w <= 16;
  const convolution any = is_per_channel ? qmn_depthwise_conv2d_s8_channels_mve : qmn_depthwise_conv2d_s8_mve;
  const convolution narrow = is_per_channel ? qmn_depthwise_conv2d_s8_narrow_channels_mve : qmn_depthwise_conv2d_s8_narrow_mve;
  const convolution mve = is_narrow ? narrow : any;
  layer.weights = weights;
  (is_per_channel ? qmn_depthwise_conv2d_s8_channels_ref : qmn_depthwise_conv2d_s8_ref)(&layer, input, expected);
  for (int32_t c = 0; c < layer.out_c; ++c) {
    for (int32_t tap = 0; tap < taps; ++tap) reordered[c * taps + tap] = weights[tap * layer.out_c + c];
  }
  layer.weights = reordered;
  layer.bias = (qmn_bias){0, prepared, 0};
  work[size] = 99;
  mve(&layer, input, work, scratch);
  if (compare(size, work)) return 3;
  if (layer.out_h != layer.in_h || layer.out_w != layer.in_w) return 0;
  copy(input, work, size);
  mve(&layer, work, work, scratch);
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
  block_rows(layer.out_count, layer.in_count);
  layer.weights = reordered;
  layer.bias = (qmn_bias){0, prepared, 0};
  work[layer.out_count] = 99;
  (is_per_channel ? qmn_fully_connected_s8_channels_mve : qmn_fully_connected_s8_mve)(&layer, input, work, scratch);
  return compare(layer.out_count, work) ? 5 : 0;
}

static int check_average_pool(void) {
  const qmn_average_pool2d layer = choose_average_pool(1);
  const int32_t size = layer.out_h * layer.out_w * layer.channels;
  fill(input, layer.in_h * layer.in_w * layer.channels);
  qmn_average_pool2d_s8_ref(&layer, input, expected);
  work[size] = 99;
  qmn_average_pool2d_s8_mve(&layer, input, work);
  return compare(size, work) ? 6 : 0;
}

int qmn_mve_check(int rounds) {
  state = 2463534242u;
  for (int32_t round = 0; round < rounds; ++round) {
    const int failure = check_conv2d() + 10 * check_depthwise() + 100 * check_fully_connected() + 1000 * check_average_pool();
    if (failure) return 10000 * (round + 1) + failure;
  }
  return 0;
}
