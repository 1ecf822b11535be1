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
  qmn_conv2d layer = choose_conv2d(20);
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
  if (!is_pixelwise(&layer)) return 0;
  copy(input, work, layer.in_h * layer.in_w * layer.in_c);
  dsp(&layer, work, work, scratch);
  work[size] = 99;
  return compare(size, work) ? 2 : 0;
}

/* [channel][kx][ky] */
static void reorder_channels(const qmn_conv2d *layer) {
  int8_t *to = reordered;
  for (int32_t c = 0; c < layer->out_c; ++c) {
    for (int32_t kx = 0; kx < layer->kernel_w; ++kx) {
      for (int32_t ky = 0; ky < layer->kernel_h; ++ky) *to++ = weights[(ky * layer->kernel_w + kx) * layer->out_c + c];
    }
  }
}

static int check_depthwise(void) {
  qmn_conv2d layer = choose_depthwise();
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
  reorder_channels(&layer);
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

/* ---- int16 on either side: tables of functions [int8 or int16 in][int8 or int16 out], of which int8 to int8 is checked above ---- */

static _Alignas(4) int16_t wide_input[kMostValues], wide_expected[kMostValues], wide_work[kMostValues];

typedef void (*any_reference)(const void *, const void *, void *);
typedef void (*any_form)(const void *, const void *, void *, void *);
#define REFERENCES(op) \
  {{(any_reference)qmn_##op##_s8_ref, (any_reference)qmn_##op##_s8_s16_ref}, {(any_reference)qmn_##op##_s16_s8_ref, (any_reference)qmn_##op##_s16_ref}}
#define FORMS(op, shape) \
  {{(any_form)qmn_##op##_s8##shape##_dsp, (any_form)qmn_##op##_s8_s16##shape##_dsp}, {(any_form)qmn_##op##_s16_s8##shape##_dsp, (any_form)qmn_##op##_s16##shape##_dsp}}

typedef struct wide_types {
  int32_t in, out; /* 1 where it is int16; never both 0 */
  const void *input;
  void *expected, *work;
} wide_types;

/* Types and input of a layer; its clip, if the output is int16. */
static wide_types choose_wide(qmn_epilogue *epilogue, int32_t in_count) {
  const int32_t both = between(1, 3), kind = between(0, 5);
  const wide_types types = {.in = both & 1, .out = both >> 1, .input = (both & 1) ? (const void *)wide_input : input, .expected = both >> 1 ? (void *)wide_expected : expected,
                            .work = both >> 1 ? (void *)wide_work : work};
  fill(input, in_count);
  for (int32_t i = 0; i < in_count; ++i) wide_input[i] = (int16_t)(kind == 0 ? -32768 : kind == 1 ? 32767 : between(-32768, 32767));
  if (types.out) {
    epilogue->clip_min = (int16_t)(epilogue->clip_min == -128 ? -32768 : 100 * epilogue->clip_min);
    epilogue->clip_max = (int16_t)(epilogue->clip_max == 127 ? 32767 : 100 * epilogue->clip_max);
  }
  return types;
}

static void mark_end(const wide_types *types, int32_t size) {
  if (types->out) {
    wide_work[size] = 99;
  } else {
    work[size] = 99;
  }
}

static int differs(const wide_types *types, int32_t size) {
  if (!types->out) return compare(size, work);
  for (int32_t i = 0; i < size; ++i) {
    if (wide_work[i] != wide_expected[i]) return 1;
  }
  return wide_work[size] != 99;
}

/* Reference, then the dsp form, into memory of its own and, where types and sizes allow it, in place. */
static int check_wide(const wide_types *types, any_reference ref, any_form dsp, const void *lowered, const void *prepared_layer, int32_t size, int32_t in_place_values) {
  ref(lowered, types->input, types->expected);
  mark_end(types, size);
  dsp(prepared_layer, types->input, types->work, scratch);
  if (differs(types, size)) return 1;
  if (in_place_values == 0 || types->in != 1 || types->out != 1) return 0;
  for (int32_t i = 0; i < in_place_values; ++i) wide_work[i] = wide_input[i];
  dsp(prepared_layer, wide_work, wide_work, scratch);
  mark_end(types, size);
  return differs(types, size);
}

static int check_wide_conv2d(void) {
  static const any_reference refs[2][2][2] = {REFERENCES(conv2d), {{(any_reference)qmn_conv2d_s8_channels_ref, (any_reference)qmn_conv2d_s8_s16_channels_ref},
                                                                  {(any_reference)qmn_conv2d_s16_s8_channels_ref, (any_reference)qmn_conv2d_s16_channels_ref}}};
  static const any_form forms[2][2][2] = {FORMS(conv2d, ), FORMS(conv2d, _channels)};
  qmn_conv2d layer = choose_conv2d(9);
  const int32_t columns = layer.in_c * layer.kernel_h * layer.kernel_w, size = layer.out_h * layer.out_w * layer.out_c, in_size = layer.in_h * layer.in_w * layer.in_c;
  fill(weights, layer.out_c * columns);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_c);
  const wide_types types = choose_wide(&layer.epilogue, in_size);
  layer.weights = weights;
  qmn_conv2d prepared_layer = layer;
  reorder_rows(layer.out_c, columns, 2);
  prepared_layer.weights = reordered;
  prepared_layer.bias = (qmn_bias){0, prepared, 0};
  return 7 * check_wide(&types, refs[is_per_channel][types.in][types.out], forms[is_per_channel][types.in][types.out], &layer, &prepared_layer, size, is_pixelwise(&layer) ? in_size : 0);
}

static int check_wide_depthwise(void) {
  static const any_reference refs[2][2][2] = {REFERENCES(depthwise_conv2d), {{(any_reference)qmn_depthwise_conv2d_s8_channels_ref, (any_reference)qmn_depthwise_conv2d_s8_s16_channels_ref},
                                                                            {(any_reference)qmn_depthwise_conv2d_s16_s8_channels_ref, (any_reference)qmn_depthwise_conv2d_s16_channels_ref}}};
  static const any_form forms[3][2][2][2] = {{FORMS(depthwise_conv2d, ), FORMS(depthwise_conv2d, _channels)},
                                             {FORMS(depthwise_conv2d, _3x3), FORMS(depthwise_conv2d, _3x3_channels)},
                                             {FORMS(depthwise_conv2d, _3x3_relu), FORMS(depthwise_conv2d, _3x3_relu_channels)}};
  qmn_conv2d layer = choose_depthwise();
  const int32_t size = layer.out_h * layer.out_w * layer.out_c, in_size = layer.in_h * layer.in_w * layer.in_c;
  fill(weights, layer.out_c * layer.kernel_h * layer.kernel_w);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_c);
  const wide_types types = choose_wide(&layer.epilogue, in_size);
  const int is_3x3 = layer.kernel_h == 3 && layer.kernel_w == 3 && layer.stride_h == 1 && layer.stride_w == 1;
  const int shape = !is_3x3 ? 0 : layer.epilogue.clip_min >= 0 ? 2 : 1;
  layer.weights = weights;
  qmn_conv2d prepared_layer = layer;
  reorder_channels(&layer);
  prepared_layer.weights = reordered;
  prepared_layer.bias = (qmn_bias){0, prepared, 0};
  return 8 * check_wide(&types, refs[is_per_channel][types.in][types.out], forms[shape][is_per_channel][types.in][types.out], &layer, &prepared_layer, size,
                        layer.out_h == layer.in_h && layer.out_w == layer.in_w ? in_size : 0);
}

static int check_wide_fully_connected(void) {
  static const any_reference refs[2][2][2] = {REFERENCES(fully_connected), {{(any_reference)qmn_fully_connected_s8_channels_ref, (any_reference)qmn_fully_connected_s8_s16_channels_ref},
                                                                           {(any_reference)qmn_fully_connected_s16_s8_channels_ref, (any_reference)qmn_fully_connected_s16_channels_ref}}};
  static const any_form forms[2][2][2] = {FORMS(fully_connected, ), FORMS(fully_connected, _channels)};
  qmn_fully_connected layer = {0};
  layer.in_count = between(1, 130);
  layer.out_count = between(1, 40);
  fill(weights, layer.in_count * layer.out_count);
  const int is_per_channel = choose_epilogue(&layer.epilogue, &layer.bias, layer.out_count);
  const wide_types types = choose_wide(&layer.epilogue, layer.in_count);
  layer.weights = weights;
  qmn_fully_connected prepared_layer = layer;
  reorder_rows(layer.out_count, layer.in_count, 4);
  prepared_layer.weights = reordered;
  prepared_layer.bias = (qmn_bias){0, prepared, 0};
  return 9 * check_wide(&types, refs[is_per_channel][types.in][types.out], forms[is_per_channel][types.in][types.out], &layer, &prepared_layer, layer.out_count, 0);
}

static int check_all_wide(void) {
  const int failures[3] = {check_wide_conv2d(), check_wide_depthwise(), check_wide_fully_connected()};
  return failures[0] ? failures[0] : failures[1] ? failures[1] : failures[2];
}

int qmn_dsp_check(int rounds) {
  state = 2463534242u;
  for (int32_t round = 0; round < rounds; ++round) {
    const int failure = check_conv2d() + 10 * check_depthwise() + 100 * check_fully_connected() + 1000 * check_average_pool() + 10000 * check_all_wide();
    if (failure) return 100000 * (round + 1) + failure;
  }
  return 0;
}
