/* SPDX-License-Identifier: Apache-2.0
 * qmn_kernels.h   The integer kernels that ship to the device; the host's simulator links the same files.
 *
 * Every qmn_*_ref kernel is NORMATIVE: any other variant matches it bit for bit. No heap, no libc, no floating point.
 * Activations: int8 or int16, height x width x channels (NHWC without the batch). real = raw * 2^-frac_bits; the shifts carry the formats.
 * Names tell the types, input then output where it differs: qmn_conv2d_s8_ref reads and writes int8, qmn_conv2d_s16_s8_ref reads int16
 * and writes int8. Weights are int8 throughout.
 * Rounding is ties up: (acc + (1 << s >> 1)) >> s, an arithmetic shift. Preconditions are proved when a program is lowered:
 * accumulators stay within int32 for every input, 0 <= out_shift <= 30, 0 <= bias shift, clip_min <= clip_max.
 */
#ifndef QMN_KERNELS_H
#define QMN_KERNELS_H

#include <stdint.h>

#include "qmn_elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Exactly one pointer is set. The bias of channel i stands in the accumulator as s8[i] * 2^shift, or s32[i] (shift 0). */
typedef struct qmn_bias {
  const int8_t *s8;
  const int32_t *s32;
  int32_t shift;
} qmn_bias;

/* out = clip(round_shift(acc, out_shift), clip_min, clip_max); clip_min = 0 is a fused ReLU, the range of the output's type plain saturation.
 * Kernels named channels read a shift for each output channel in its place: out_shifts[channel], and the bias has 32 bits. */
typedef struct qmn_epilogue {
  union {
    int32_t out_shift;
    const uint8_t *out_shifts;
  };
  int16_t clip_min;
  int16_t clip_max;
} qmn_epilogue;

/* conv2d: weights [out_c][kernel_h][kernel_w][in_c]. depthwise_conv2d: weights [kernel_h][kernel_w][out_c], out_c = in_c * multiplier,
 * output channel c reads input channel c / multiplier. Padding is 0. Out-of-image taps at bottom and right are skipped as well. */
typedef struct qmn_conv2d {
  int32_t in_h, in_w, in_c;
  int32_t out_h, out_w, out_c;
  int32_t kernel_h, kernel_w;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;
  const int8_t *weights;
  qmn_bias bias;
  qmn_epilogue epilogue;
} qmn_conv2d;

/* weights [out_count][in_count] */
typedef struct qmn_fully_connected {
  int32_t in_count;
  int32_t out_count;
  const int8_t *weights;
  qmn_bias bias;
  qmn_epilogue epilogue;
} qmn_fully_connected;

/* Over the count values of the window that lie inside the image:
 *   out = clip(floor((sum * 2^left_shift) / (count * 2^right_shift) + 1/2)), exactly.
 * Pre: 2 * A * count * 2^left_shift + count * 2^right_shift < 2^31, where A = 128 for int8 input, 32768 for int16. */
typedef struct qmn_average_pool2d {
  int32_t in_h, in_w, channels;
  int32_t out_h, out_w;
  int32_t kernel_h, kernel_w;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left;
  int32_t left_shift, right_shift;
  int16_t clip_min, clip_max;
} qmn_average_pool2d;

/* Over the values of the window that lie inside the image: out = clip(round_shift(largest * 2^left_shift, right_shift)).
 * Pre: left_shift <= 22, right_shift <= 30. */
typedef struct qmn_max_pool2d {
  int32_t in_h, in_w, channels;
  int32_t out_h, out_w;
  int32_t kernel_h, kernel_w;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left;
  int32_t left_shift, right_shift;
  int8_t clip_min, clip_max;
} qmn_max_pool2d;

/* out = clip(round_shift(in * 2^left_shift, right_shift)). Pre: left_shift <= 22, right_shift <= 30. May run in place. */
typedef struct qmn_requantize {
  int32_t count;
  int32_t left_shift, right_shift;
  int8_t clip_min, clip_max;
} qmn_requantize;

/* Base e, output Q0.7: with d_i = max(in) - in_i and e_i = exp_table[d_i],
 *   out_i = min(127, floor(128 * e_i / sum(e) + 1/2)). Pre: count <= 65535; exp_table has 256 entries, exp_table[0] = 32768. May run in place. */
typedef struct qmn_softmax {
  int32_t count;
  const uint16_t *exp_table;
} qmn_softmax;

/* The same of int16: e_i = round_shift(coarse[d_i >> 8] * fine[d_i mod 256], 15), and 0 where d_i >> 8 is coarse_count or more.
 * coarse[k] stands for e^(-256 k steps), fine[j] for e^(-j steps). Pre: as above; 1 <= coarse_count <= 256, coarse[0] = fine[0] = 32768. */
typedef struct qmn_softmax_s16 {
  int32_t count;
  int32_t coarse_count;
  const uint16_t *coarse;
  const uint16_t *fine; /* 256 entries */
} qmn_softmax_s16;

void qmn_conv2d_s8_ref(const qmn_conv2d *layer, const int8_t *input, int8_t *output);
void qmn_conv2d_s8_channels_ref(const qmn_conv2d *layer, const int8_t *input, int8_t *output);
void qmn_conv2d_s8_s16_ref(const qmn_conv2d *layer, const int8_t *input, int16_t *output);
void qmn_conv2d_s8_s16_channels_ref(const qmn_conv2d *layer, const int8_t *input, int16_t *output);
void qmn_conv2d_s16_s8_ref(const qmn_conv2d *layer, const int16_t *input, int8_t *output);
void qmn_conv2d_s16_s8_channels_ref(const qmn_conv2d *layer, const int16_t *input, int8_t *output);
void qmn_conv2d_s16_ref(const qmn_conv2d *layer, const int16_t *input, int16_t *output);
void qmn_conv2d_s16_channels_ref(const qmn_conv2d *layer, const int16_t *input, int16_t *output);

void qmn_depthwise_conv2d_s8_ref(const qmn_conv2d *layer, const int8_t *input, int8_t *output);
void qmn_depthwise_conv2d_s8_channels_ref(const qmn_conv2d *layer, const int8_t *input, int8_t *output);
void qmn_depthwise_conv2d_s8_s16_ref(const qmn_conv2d *layer, const int8_t *input, int16_t *output);
void qmn_depthwise_conv2d_s8_s16_channels_ref(const qmn_conv2d *layer, const int8_t *input, int16_t *output);
void qmn_depthwise_conv2d_s16_s8_ref(const qmn_conv2d *layer, const int16_t *input, int8_t *output);
void qmn_depthwise_conv2d_s16_s8_channels_ref(const qmn_conv2d *layer, const int16_t *input, int8_t *output);
void qmn_depthwise_conv2d_s16_ref(const qmn_conv2d *layer, const int16_t *input, int16_t *output);
void qmn_depthwise_conv2d_s16_channels_ref(const qmn_conv2d *layer, const int16_t *input, int16_t *output);

void qmn_fully_connected_s8_ref(const qmn_fully_connected *layer, const int8_t *input, int8_t *output);
void qmn_fully_connected_s8_channels_ref(const qmn_fully_connected *layer, const int8_t *input, int8_t *output);
void qmn_fully_connected_s8_s16_ref(const qmn_fully_connected *layer, const int8_t *input, int16_t *output);
void qmn_fully_connected_s8_s16_channels_ref(const qmn_fully_connected *layer, const int8_t *input, int16_t *output);
void qmn_fully_connected_s16_s8_ref(const qmn_fully_connected *layer, const int16_t *input, int8_t *output);
void qmn_fully_connected_s16_s8_channels_ref(const qmn_fully_connected *layer, const int16_t *input, int8_t *output);
void qmn_fully_connected_s16_ref(const qmn_fully_connected *layer, const int16_t *input, int16_t *output);
void qmn_fully_connected_s16_channels_ref(const qmn_fully_connected *layer, const int16_t *input, int16_t *output);

void qmn_average_pool2d_s8_ref(const qmn_average_pool2d *layer, const int8_t *input, int8_t *output);
void qmn_average_pool2d_s8_s16_ref(const qmn_average_pool2d *layer, const int8_t *input, int16_t *output);
void qmn_average_pool2d_s16_s8_ref(const qmn_average_pool2d *layer, const int16_t *input, int8_t *output);
void qmn_average_pool2d_s16_ref(const qmn_average_pool2d *layer, const int16_t *input, int16_t *output);
void qmn_max_pool2d_s8_ref(const qmn_max_pool2d *layer, const int8_t *input, int8_t *output);
void qmn_requantize_s8_ref(const qmn_requantize *layer, const int8_t *input, int8_t *output);
void qmn_softmax_s8_ref(const qmn_softmax *layer, const int8_t *input, int8_t *output);
void qmn_softmax_s16_s8_ref(const qmn_softmax_s16 *layer, const int16_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif /* QMN_KERNELS_H */
