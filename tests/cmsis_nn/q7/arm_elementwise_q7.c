/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_q7.h"

void arm_relu_q7(q7_t *data, uint16_t size) {
  for (int32_t i = 0; i < size; ++i) data[i] = data[i] < 0 ? 0 : data[i];
}

void arm_nn_mult_q7(q7_t *a, q7_t *b, q7_t *output, uint16_t out_shift, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) output[i] = stand_in_finish(a[i] * b[i], out_shift);
}
