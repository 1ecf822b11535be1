/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_s8.h"

arm_cmsis_nn_status arm_fully_connected_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params, const cmsis_nn_per_tensor_quant_params *quant,
                                           const cmsis_nn_dims *input_dims, const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)input_dims, (void)bias_dims;
#ifdef STAND_IN_HELIUM
  if (!ctx->buf || ctx->size < 4 * output_dims->c) return ARM_CMSIS_NN_ARG_ERROR;
  const int32_t *const start = (const int32_t *)ctx->buf;
  const int32_t input_offset = 0; /* is in the start already */
  (void)bias;
#else
  const int32_t *const start = bias;
  const int32_t input_offset = params->input_offset;
  (void)ctx;
#endif
  for (int32_t row = 0; row < output_dims->c; ++row) {
    int32_t sum = start[row];
    for (int32_t i = 0; i < filter_dims->n; ++i) sum += (input[i] + input_offset) * (filter[row * filter_dims->n + i] + params->filter_offset);
    output[row] = stand_in_clip(stand_in_requantize(sum, quant->multiplier, quant->shift), params->output_offset, params->activation.min, params->activation.max);
  }
  return ARM_CMSIS_NN_SUCCESS;
}
