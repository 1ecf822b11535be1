/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_s8.h"

static int32_t up(int32_t count, int32_t block) { return (count + block - 1) / block * block; }

/* One output value: weights of output `o` on the input channels first … first + count - 1. */
static int32_t window_sum(const cmsis_nn_tile *stride, const cmsis_nn_tile *padding, const cmsis_nn_tile *dilation, int32_t offset, const cmsis_nn_dims *in, const int8_t *input,
                          const cmsis_nn_dims *kernel, int32_t oy, int32_t ox, int32_t first, int32_t count, const int8_t *weights, int32_t tap_step) {
  int32_t sum = 0;
  for (int32_t ky = 0; ky < kernel->h; ++ky) {
    for (int32_t kx = 0; kx < kernel->w; ++kx) {
      const int32_t y = oy * stride->h - padding->h + ky * dilation->h, x = ox * stride->w - padding->w + kx * dilation->w;
      if (y < 0 || y >= in->h || x < 0 || x >= in->w) continue;
      for (int32_t i = 0; i < count; ++i) sum += (input[(y * in->w + x) * in->c + first + i] + offset) * weights[(ky * kernel->w + kx) * tap_step + i];
    }
  }
  return sum;
}

int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params *params, const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
                                                const cmsis_nn_dims *output_dims) {
  (void)output_dims;
  const int32_t column = filter_dims->h * filter_dims->w * input_dims->c;
  const int is_pointwise = filter_dims->h * filter_dims->w == 1 && params->padding.w == 0 && params->padding.h == 0 && params->dilation.w == 1 && params->dilation.h == 1;
  if (is_pointwise) return 0;
#ifdef STAND_IN_HELIUM
  return 4 * up(column, 16);
#else
  return 4 * up(column, 4);
#endif
}

arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *params, const cmsis_nn_per_channel_quant_params *quant,
                                            const cmsis_nn_dims *input_dims, const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)bias_dims;
  if (!stand_in_spoil(ctx, arm_convolve_wrapper_s8_get_buffer_size(params, input_dims, filter_dims, output_dims))) return ARM_CMSIS_NN_ARG_ERROR;
  const int32_t taps = filter_dims->h * filter_dims->w * input_dims->c;
  for (int32_t oy = 0; oy < output_dims->h; ++oy) {
    for (int32_t ox = 0; ox < output_dims->w; ++ox) {
      for (int32_t o = 0; o < output_dims->c; ++o) {
        const int32_t sum = bias[o] + window_sum(&params->stride, &params->padding, &params->dilation, params->input_offset, input_dims, input, filter_dims, oy, ox, 0,
                                                 input_dims->c, filter + o * taps, input_dims->c);
        *output++ = stand_in_clip(stand_in_requantize(sum, quant->multiplier[o], quant->shift[o]), params->output_offset, params->activation.min, params->activation.max);
      }
    }
  }
  return ARM_CMSIS_NN_SUCCESS;
}

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *input_dims, const cmsis_nn_dims *filter_dims,
                                                      const cmsis_nn_dims *output_dims) {
  const int32_t taps = filter_dims->h * filter_dims->w;
  if (input_dims->c != output_dims->c || params->dilation.w != 1 || params->dilation.h != 1) return 0;
#ifdef STAND_IN_HELIUM
  return 4 * 124 * taps;
#else
  return filter_dims->h == 3 && filter_dims->w == 3 && params->padding.w <= 1 && params->padding.h <= 1 ? 0 : 2 * taps * input_dims->c;
#endif
}

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *params, const cmsis_nn_per_channel_quant_params *quant,
                                                  const cmsis_nn_dims *input_dims, const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                  const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)bias_dims;
  if (!stand_in_spoil(ctx, arm_depthwise_conv_wrapper_s8_get_buffer_size(params, input_dims, filter_dims, output_dims))) return ARM_CMSIS_NN_ARG_ERROR;
  if (input_dims->c * params->ch_mult != output_dims->c || filter_dims->c != output_dims->c) return ARM_CMSIS_NN_ARG_ERROR;
  for (int32_t oy = 0; oy < output_dims->h; ++oy) {
    for (int32_t ox = 0; ox < output_dims->w; ++ox) {
      for (int32_t o = 0; o < output_dims->c; ++o) {
        const int32_t sum = bias[o] + window_sum(&params->stride, &params->padding, &params->dilation, params->input_offset, input_dims, input, filter_dims, oy, ox,
                                                 o / params->ch_mult, 1, filter + o, output_dims->c);
        *output++ = stand_in_clip(stand_in_requantize(sum, quant->multiplier[o], quant->shift[o]), params->output_offset, params->activation.min, params->activation.max);
      }
    }
  }
  return ARM_CMSIS_NN_SUCCESS;
}
