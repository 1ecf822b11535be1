// SPDX-License-Identifier: Apache-2.0
// The kernels against numbers of another implementation: a numpy model of the legacy CMSIS-NN q7 kernels (CMSIS 5.9.0),
//   acc = (bias << bias_shift) + ((1 << out_shift) >> 1) + sum of x * w,   y = sat8(acc >> out_shift),   padding 0.
// All operands are sequence(count, k), so that the numbers can be made again with any implementation:
//   sequence[i] = (i * i * 7 + i * k + 13 * k) mod 251 - 125
#include "oracle.h"

namespace qmn::oracle {
namespace {

Bytes sequence(std::int32_t count, std::int32_t k) {
  Bytes bytes;
  for (std::int32_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::int8_t>((i * i * 7 + i * k + 13 * k) % 251 - 125));
  return bytes;
}

Bytes fully_connected(std::int32_t in, std::int32_t out, std::int32_t k_in, std::int32_t k_weights, std::int32_t k_bias,
                      std::int32_t bias_shift, std::int32_t out_shift) {
  const Bytes weights = sequence(in * out, k_weights), biases = sequence(out, k_bias);
  const qmn_fully_connected layer{in, out, weights.data(), {biases.data(), nullptr, bias_shift}, {out_shift, -128, 127}};
  GuardedOutput output(out);
  qmn_fully_connected_s8_ref(&layer, sequence(in, k_in).data(), output.data());
  return output.take();
}

struct Shifts {
  std::int32_t bias, out;
};
using ConvKernel = decltype(&qmn_conv2d_s8_ref);

/// `layer` without its constants: input sequence(…, 3 or 5), weights 11 or 17, bias 29 or 31.
Bytes convolution(ConvKernel kernel, qmn_conv2d layer, std::int32_t weight_count, Shifts shifts, bool is_second) {
  const Bytes weights = sequence(weight_count, is_second ? 17 : 11), biases = sequence(layer.out_c, is_second ? 31 : 29);
  layer.dilation_h = layer.dilation_w = 1;
  layer.weights = weights.data();
  layer.bias = {biases.data(), nullptr, shifts.bias};
  layer.epilogue = {shifts.out, -128, 127};
  GuardedOutput output(layer.out_h * layer.out_w * layer.out_c);
  kernel(&layer, sequence(layer.in_h * layer.in_w * layer.in_c, is_second ? 5 : 3).data(), output.data());
  return output.take();
}

qmn_conv2d geometry(std::int32_t in_h, std::int32_t in_w, std::int32_t in_c, std::int32_t out_h, std::int32_t out_w, std::int32_t out_c,
                    std::int32_t kernel_h, std::int32_t kernel_w, std::int32_t stride, std::int32_t pad_top, std::int32_t pad_left) {
  qmn_conv2d layer{};
  layer.in_h = in_h, layer.in_w = in_w, layer.in_c = in_c;
  layer.out_h = out_h, layer.out_w = out_w, layer.out_c = out_c;
  layer.kernel_h = kernel_h, layer.kernel_w = kernel_w;
  layer.stride_h = layer.stride_w = stride;
  layer.pad_top = pad_top, layer.pad_left = pad_left;
  return layer;
}

TEST(Q7Model, FullyConnectedGivesTheSameNumbers) {
  EXPECT_EQ(fully_connected(17, 5, 3, 11, 29, 1, 7), (Bytes{-128, 127, 120, 127, -57}));
  EXPECT_EQ(fully_connected(40, 6, 5, 17, 31, 6, 9), (Bytes{-42, 37, 35, 82, 31, -14}));
}

TEST(Q7Model, Conv2dGivesTheSameNumbers) {
  EXPECT_EQ(convolution(qmn_conv2d_s8_ref, geometry(5, 4, 3, 5, 4, 4, 3, 3, 1, 1, 1), 4 * 3 * 3 * 3, {3, 8}, false),
            (Bytes{17,   -96, -128, -11, 79,  3,    114, -128, -15, 47,   -84, 35,  -16, 2,   127,  38,  -19, -128, -2, 67,
                   -116, 127, -10,  111, 76,  -128, 37,  -78,  -16, 127,  54,  3,   8,   100, -45,  36,  74,  -128, 90, 19,
                   -107, 31,  -128, 15,  -70, 5,    127, -21,  80,  127,  127, -55, 102, 18,  -128, -32, 54,  -128, 10, -125,
                   -44,  127, -26,  -25, -29, 127,  127, 20,   35,  -128, -79, -3,  -27, 30,  -70,  -24, -3,  -65,  63, -37}));
  EXPECT_EQ(
      convolution(qmn_conv2d_s8_ref, geometry(9, 6, 1, 5, 3, 3, 5, 2, 2, 2, 0), 3 * 5 * 2, {0, 7}, true),
      (Bytes{-45, 56,  6,   127, 60,   -128, -24, -39, 39, -128, 6,   13,   39,   -128, -128, -13, 68, -127, -128, 83,  33,   -128, 123,
             127, 125, -24, 57,  -128, 127,  77,  -34, 27, -24,  127, -128, -128, -128, 127,  12,  95, -111, -128, 127, -128, -118}));
}

TEST(Q7Model, DepthwiseConv2dGivesTheSameNumbers) {
  EXPECT_EQ(convolution(qmn_depthwise_conv2d_s8_ref, geometry(5, 4, 6, 5, 4, 6, 3, 3, 1, 1, 1), 3 * 3 * 6, {2, 7}, false),
            (Bytes{-71,  -33,  -7,  -99, 11,   -128, 3,   -29, -20,  -57,  -57, -128, 50,   10,   -15, 127,  86,   22,   -4,  62,
                   20,   4,    -7,  59,  -32,  -114, -63, -32, -36,  -106, -74, 21,   -62,  -50,  -25, -112, 89,   -71,  -34, 111,
                   -63,  -80,  19,  94,  69,   -56,  67,  -15, -5,   -128, -51, -72,  -112, -3,   -40, 127,  -47,  127,  127, 33,
                   -126, -128, -14, 124, -128, -50,  8,   127, 65,   -115, 99,  -39,  127,  -128, -1,  -113, -128, -55,  127, 127,
                   -39,  72,   127, -45, 8,    -128, -40, 107, -128, -59,  -77, 127,  -15,  -39,  127, -36,  -44,  -128, 19,  -118,
                   -108, -43,  32,  127, 19,   115,  127, -32, 127,  -128, -9,  84,   -128, -44,  -16, 76,   7,    -69,  127, -23}));
  EXPECT_EQ(convolution(qmn_depthwise_conv2d_s8_ref, geometry(6, 5, 3, 3, 2, 3, 3, 2, 2, 1, 0), 3 * 2 * 3, {5, 8}, true),
            (Bytes{25, -34, 36, 22, 64, -19, 1, 92, 19, 56, -82, -52, -12, -99, 70, 45, 66, 108}));
}

}  // namespace
}  // namespace qmn::oracle
