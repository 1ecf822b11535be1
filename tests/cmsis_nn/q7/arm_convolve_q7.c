/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in_q7.h"

typedef struct {
  int32_t in, out, kernel, stride, pad;
} axis;

/* The fast functions read without asking behind the first and before the last `pad` outputs. */
static int has_whole_windows(axis a) {
  for (int32_t i = a.pad; i < a.out - a.pad; ++i) {
    if (i * a.stride - a.pad < 0 || i * a.stride - a.pad + a.kernel > a.in) return 0;
  }
  return a.pad <= a.out;
}

static void convolve(axis x, axis y, int32_t in_c, int32_t out_c, const q7_t *input, const q7_t *weights, const q7_t *bias, int32_t bias_shift, int32_t out_shift,
                     q7_t *output) {
  for (int32_t oy = 0; oy < y.out; ++oy) {
    for (int32_t ox = 0; ox < x.out; ++ox) {
      for (int32_t o = 0; o < out_c; ++o) {
        int32_t sum = bias[o] * (1 << bias_shift);
        for (int32_t ky = 0; ky < y.kernel; ++ky) {
          for (int32_t kx = 0; kx < x.kernel; ++kx) {
            const int32_t row = oy * y.stride - y.pad + ky, column = ox * x.stride - x.pad + kx;
            if (row < 0 || row >= y.in || column < 0 || column >= x.in) continue;
            for (int32_t i = 0; i < in_c; ++i) sum += input[(row * x.in + column) * in_c + i] * weights[((o * y.kernel + ky) * x.kernel + kx) * in_c + i];
          }
        }
        output[(oy * x.out + ox) * out_c + o] = stand_in_finish(sum, out_shift);
      }
    }
  }
}

STAND_IN_CONVOLUTION(arm_convolve_HWC_q7_basic_nonsquare) {
  (void)buffer_b;
  stand_in_spoil(buffer_a, 4 * in_c * kernel_w * kernel_h);
  convolve((axis){in_w, out_w, kernel_w, stride_w, pad_w}, (axis){in_h, out_h, kernel_h, stride_h, pad_h}, in_c, out_c, input, weights, bias, bias_shift, out_shift, output);
  return ARM_MATH_SUCCESS;
}

STAND_IN_CONVOLUTION(arm_convolve_HWC_q7_fast_nonsquare) {
  const axis x = {in_w, out_w, kernel_w, stride_w, pad_w}, y = {in_h, out_h, kernel_h, stride_h, pad_h};
  if (in_c % 4 != 0 || out_c % 2 != 0 || !has_whole_windows(x) || !has_whole_windows(y)) return ARM_MATH_SIZE_MISMATCH;
  return arm_convolve_HWC_q7_basic_nonsquare(input, in_w, in_h, in_c, weights, out_c, kernel_w, kernel_h, pad_w, pad_h, stride_w, stride_h, bias, bias_shift, out_shift,
                                             output, out_w, out_h, buffer_a, buffer_b);
}

STAND_IN_CONVOLUTION(arm_convolve_1x1_HWC_q7_fast_nonsquare) {
  if (kernel_w != 1 || kernel_h != 1 || pad_w != 0 || pad_h != 0 || stride_w != 1 || stride_h != 1) return ARM_MATH_SIZE_MISMATCH;
  return arm_convolve_HWC_q7_fast_nonsquare(input, in_w, in_h, in_c, weights, out_c, 1, 1, 0, 0, 1, 1, bias, bias_shift, out_shift, output, out_w, out_h, buffer_a, buffer_b);
}
