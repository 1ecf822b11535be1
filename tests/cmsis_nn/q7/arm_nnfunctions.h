/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for the legacy q7 API of CMSIS-NN, as far as exported projects call it: same names, same arguments, numbers by their definition
 *   acc = bias * 2^bias_shift + (1 << out_shift >> 1) + sum(x * w),   y = saturate(acc >> out_shift),   padding is 0.
 * Written from that definition and the documentation of the arguments, plain and slow. Every function fills the whole buffer that its caller
 * owes it with garbage first, and returns ARM_MATH_SIZE_MISMATCH, its output untouched, where the real one has a precondition.
 */
#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H

#include <stdint.h>

typedef int8_t q7_t;
typedef int16_t q15_t;
typedef enum { ARM_MATH_SUCCESS = 0, ARM_MATH_SIZE_MISMATCH = -3 } arm_status;

/* Images [y][x][channel], weights [out][y][x][in], of a depthwise convolution [y][x][channel]. Of every pair the first is along x. */
#define STAND_IN_CONVOLUTION(name)                                                                                                          \
  arm_status name(const q7_t *input, uint16_t in_w, uint16_t in_h, uint16_t in_c, const q7_t *weights, uint16_t out_c, uint16_t kernel_w,    \
                  uint16_t kernel_h, uint16_t pad_w, uint16_t pad_h, uint16_t stride_w, uint16_t stride_h, const q7_t *bias,                 \
                  uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t out_w, uint16_t out_h, q15_t *buffer_a, q7_t *buffer_b)

STAND_IN_CONVOLUTION(arm_convolve_HWC_q7_basic_nonsquare);            /* buffer_a: 2 * in_c * kernel values of 16 bits */
STAND_IN_CONVOLUTION(arm_convolve_HWC_q7_fast_nonsquare);             /* in_c % 4 == 0, out_c % 2 == 0; whole windows but at pad_w, pad_h outputs of each edge */
STAND_IN_CONVOLUTION(arm_convolve_1x1_HWC_q7_fast_nonsquare);         /* the same of single pixels */
STAND_IN_CONVOLUTION(arm_depthwise_separable_conv_HWC_q7_nonsquare);  /* in_c == out_c; buffer_a: 2 * in_c * kernel values of 8 bits */

/* matrix: four rows and four columns interleaved; vector_buffer: column_count values of 16 bits; column_count >= 4. */
arm_status arm_fully_connected_q7_opt(const q7_t *vector, const q7_t *matrix, uint16_t column_count, uint16_t row_count, uint16_t bias_shift,
                                      uint16_t out_shift, const q7_t *bias, q7_t *output, q15_t *vector_buffer);

void arm_relu_q7(q7_t *data, uint16_t size);

/* output = saturate((a * b + (1 << out_shift >> 1)) >> out_shift) */
void arm_nn_mult_q7(q7_t *a, q7_t *b, q7_t *output, uint16_t out_shift, uint32_t count);

#endif /* ARM_NNFUNCTIONS_H */
