/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_q7.h"

STAND_IN_CONVOLUTION(arm_depthwise_separable_conv_HWC_q7_nonsquare) {
  (void)buffer_b;
  if (in_c != out_c || kernel_w * kernel_h < 2) return ARM_MATH_SIZE_MISMATCH;
  stand_in_spoil(buffer_a, 2 * in_c * kernel_w * kernel_h);
  for (int32_t oy = 0; oy < out_h; ++oy) {
    for (int32_t ox = 0; ox < out_w; ++ox) {
      for (int32_t c = 0; c < out_c; ++c) {
        int32_t sum = bias[c] * (1 << bias_shift);
        for (int32_t ky = 0; ky < kernel_h; ++ky) {
          for (int32_t kx = 0; kx < kernel_w; ++kx) {
            const int32_t row = oy * stride_h - pad_h + ky, column = ox * stride_w - pad_w + kx;
            if (row < 0 || row >= in_h || column < 0 || column >= in_w) continue;
            sum += input[(row * in_w + column) * in_c + c] * weights[(ky * kernel_w + kx) * out_c + c];
          }
        }
        output[(oy * out_w + ox) * out_c + c] = stand_in_finish(sum, out_shift);
      }
    }
  }
  return ARM_MATH_SUCCESS;
}
