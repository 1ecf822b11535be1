/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_s8.h"

static int32_t mean(int32_t sum, int32_t count) { return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count; }

static void pool(const cmsis_nn_pool_params *params, const cmsis_nn_dims *in, const int8_t *input, const cmsis_nn_dims *kernel, const cmsis_nn_dims *out, int8_t *output,
                 int takes_mean) {
  for (int32_t oy = 0; oy < out->h; ++oy) {
    for (int32_t ox = 0; ox < out->w; ++ox) {
      for (int32_t c = 0; c < in->c; ++c) {
        int32_t sum = 0, count = 0, largest = -128;
        for (int32_t ky = 0; ky < kernel->h; ++ky) {
          for (int32_t kx = 0; kx < kernel->w; ++kx) {
            const int32_t y = oy * params->stride.h - params->padding.h + ky, x = ox * params->stride.w - params->padding.w + kx;
            if (y < 0 || y >= in->h || x < 0 || x >= in->w) continue;
            const int32_t value = input[(y * in->w + x) * in->c + c];
            sum += value;
            count += 1;
            largest = value > largest ? value : largest;
          }
        }
        *output++ = stand_in_clip(takes_mean ? mean(sum, count) : largest, 0, params->activation.min, params->activation.max);
      }
    }
  }
}

int32_t arm_avgpool_s8_get_buffer_size(int output_w, int channels) {
  (void)output_w;
#ifdef STAND_IN_HELIUM
  (void)channels;
  return 0;
#else
  return 4 * channels;
#endif
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims, const int8_t *input,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output) {
  if (!stand_in_spoil(ctx, arm_avgpool_s8_get_buffer_size(output_dims->w, input_dims->c))) return ARM_CMSIS_NN_ARG_ERROR;
  pool(params, input_dims, input, filter_dims, output_dims, output, 1);
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims, const int8_t *input,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)ctx;
  pool(params, input_dims, input, filter_dims, output_dims, output, 0);
  return ARM_CMSIS_NN_SUCCESS;
}
