/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for the current API of CMSIS-NN, as far as exported projects call it: same names, structs and arguments, numbers by their
 * definition. With CMSIS_NN_USE_SINGLE_ROUNDING an accumulator is multiplied by multiplier * 2^(shift - 31) and rounded once, ties up; without,
 * it is multiplied by multiplier * 2^-31 and rounded, then shifted and rounded, ties away from 0, as the default build does.
 * Written from that definition and the documentation of the arguments, plain and slow. Every function fills the whole scratch that it asks for
 * with garbage first, and returns ARM_CMSIS_NN_ARG_ERROR, its output untouched, where there is less.
 */
#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H

#include <stdint.h>

typedef enum { ARM_CMSIS_NN_SUCCESS = 0, ARM_CMSIS_NN_ARG_ERROR = -1 } arm_cmsis_nn_status;

typedef struct { int32_t w, h; } cmsis_nn_tile;
typedef struct { void *buf; int32_t size; } cmsis_nn_context;
typedef struct { int32_t n, h, w, c; } cmsis_nn_dims;
typedef struct { int32_t *multiplier, *shift; } cmsis_nn_per_channel_quant_params;
typedef struct { int32_t multiplier, shift; } cmsis_nn_per_tensor_quant_params;
typedef struct { int32_t min, max; } cmsis_nn_activation;
typedef struct { int32_t input_offset, output_offset; cmsis_nn_tile stride, padding, dilation; cmsis_nn_activation activation; } cmsis_nn_conv_params;
typedef struct { int32_t input_offset, output_offset, ch_mult; cmsis_nn_tile stride, padding, dilation; cmsis_nn_activation activation; } cmsis_nn_dw_conv_params;
typedef struct { int32_t input_offset, filter_offset, output_offset; cmsis_nn_activation activation; } cmsis_nn_fc_params;
typedef struct { cmsis_nn_tile stride, padding; cmsis_nn_activation activation; } cmsis_nn_pool_params;

/* Weights [n][h][w][c] of the filter's dims. */
arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *params, const cmsis_nn_per_channel_quant_params *quant,
                                            const cmsis_nn_dims *input_dims, const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output);
int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params *params, const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
                                                const cmsis_nn_dims *output_dims);

/* Weights [h][w][output channel], of output channel k on input channel k / ch_mult. */
arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *params, const cmsis_nn_per_channel_quant_params *quant,
                                                  const cmsis_nn_dims *input_dims, const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                  const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output);
int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
                                                      const cmsis_nn_dims *output_dims);

/* Weights [c][n] of the filter's dims. Compiled for Helium (STAND_IN_HELIUM), the context holds an accumulator to begin with for each output: the
 * bias and input_offset times the sum of the row; the bias itself is not read. */
arm_cmsis_nn_status arm_fully_connected_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params, const cmsis_nn_per_tensor_quant_params *quant,
                                           const cmsis_nn_dims *input_dims, const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output);

/* Over the part of the window inside the image; the mean rounds ties away from 0. */
arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims, const int8_t *input,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output);
int32_t arm_avgpool_s8_get_buffer_size(int output_w, int channels);
arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims, const int8_t *input,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output);

/* Both sides are shifted left, scaled and rounded; then their sum is. */
arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *input_1, const int8_t *input_2, int32_t offset_1, int32_t multiplier_1, int32_t shift_1, int32_t offset_2,
                                           int32_t multiplier_2, int32_t shift_2, int32_t left_shift, int8_t *output, int32_t output_offset, int32_t output_multiplier,
                                           int32_t output_shift, int32_t activation_min, int32_t activation_max, int32_t block_size);
arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *input_1, const int8_t *input_2, int32_t offset_1, int32_t offset_2, int8_t *output, int32_t output_offset,
                                           int32_t output_multiplier, int32_t output_shift, int32_t activation_min, int32_t activation_max, int32_t block_size);

#endif /* ARM_NNFUNCTIONS_H */
