/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_s8.h"

arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *input_1, const int8_t *input_2, int32_t offset_1, int32_t multiplier_1, int32_t shift_1, int32_t offset_2,
                                           int32_t multiplier_2, int32_t shift_2, int32_t left_shift, int8_t *output, int32_t output_offset, int32_t output_multiplier,
                                           int32_t output_shift, int32_t activation_min, int32_t activation_max, int32_t block_size) {
  for (int32_t i = 0; i < block_size; ++i) {
    const int32_t left = stand_in_requantize((input_1[i] + offset_1) * (1 << left_shift), multiplier_1, shift_1);
    const int32_t right = stand_in_requantize((input_2[i] + offset_2) * (1 << left_shift), multiplier_2, shift_2);
    output[i] = stand_in_clip(stand_in_requantize(left + right, output_multiplier, output_shift), output_offset, activation_min, activation_max);
  }
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *input_1, const int8_t *input_2, int32_t offset_1, int32_t offset_2, int8_t *output, int32_t output_offset,
                                           int32_t output_multiplier, int32_t output_shift, int32_t activation_min, int32_t activation_max, int32_t block_size) {
  for (int32_t i = 0; i < block_size; ++i) {
    const int32_t product = (input_1[i] + offset_1) * (input_2[i] + offset_2);
    output[i] = stand_in_clip(stand_in_requantize(product, output_multiplier, output_shift), output_offset, activation_min, activation_max);
  }
  return ARM_CMSIS_NN_SUCCESS;
}
