// SPDX-License-Identifier: Apache-2.0
#include "typed_values.h"

namespace qmn::oracle {
namespace {

Bytes max_pool2d(const qmn_max_pool2d& l, const Bytes& input) {
  Bytes out;
  for (std::int64_t y = 0; y < l.out_h; ++y) {
    for (std::int64_t x = 0; x < l.out_w; ++x) {
      for (std::int64_t c = 0; c < l.channels; ++c) {
        double largest = -1000;
        for (std::int64_t iy = y * l.stride_h - l.pad_top; iy < y * l.stride_h - l.pad_top + l.kernel_h; ++iy) {
          for (std::int64_t ix = x * l.stride_w - l.pad_left; ix < x * l.stride_w - l.pad_left + l.kernel_w; ++ix) {
            if (iy < 0 || ix < 0 || iy >= l.in_h || ix >= l.in_w) continue;
            largest = std::max(largest, real(pixel(input, l.in_h, l.in_w, l.channels, iy, ix, c)));
          }
        }
        const double rounded = std::floor(std::ldexp(largest, l.left_shift - l.right_shift) + 0.5);
        out.push_back(static_cast<std::int8_t>(std::clamp(rounded, real(l.clip_min), real(l.clip_max))));
      }
    }
  }
  return out;
}

Bytes run(const qmn_max_pool2d& layer, const Bytes& input) {
  GuardedOutput output(layer.out_h * layer.out_w * layer.channels);
  qmn_max_pool2d_s8_ref(&layer, input.data(), output.data());
  return output.take();
}

TEST(MaxPool2d, EqualsItsDefinitionOnRandomWindowsWithPadsAndStrides) {
  for (std::uint64_t round = 0; round < 1500; ++round) {
    Random random{60, round};
    qmn_max_pool2d layer{};
    layer.in_h = between(random, 1, 9);
    layer.in_w = between(random, 1, 9);
    layer.channels = between(random, 1, 37);
    layer.kernel_h = between(random, 1, 4);
    layer.kernel_w = between(random, 1, 4);
    layer.stride_h = between(random, 1, 3);
    layer.stride_w = between(random, 1, 3);
    layer.pad_top = between(random, 0, layer.kernel_h - 1);
    layer.pad_left = between(random, 0, layer.kernel_w - 1);
    layer.out_h = (layer.in_h + layer.pad_top - 1) / layer.stride_h + 1;  // the last window may leave the image at the bottom
    layer.out_w = (layer.in_w + layer.pad_left - 1) / layer.stride_w + 1;
    if (random.uniform_int(3) == 0) layer.left_shift = between(random, 0, 22);
    if (random.uniform_int(3) == 0) layer.right_shift = between(random, 0, 30);
    const Clips clips = random_clips<std::int8_t>(random);
    layer.clip_min = static_cast<std::int8_t>(clips.low);
    layer.clip_max = static_cast<std::int8_t>(clips.high);
    const Bytes input = random_bytes(random, layer.in_h * layer.in_w * layer.channels);
    ASSERT_EQ(run(layer, input), max_pool2d(layer, input)) << "round " << round;
  }
}

TEST(MaxPool2d, FindsEveryPairOfBytes) {
  const qmn_max_pool2d layer{1, 2, 256, 1, 1, 1, 2, 1, 1, 0, 0, 0, 0, -128, 127};
  for (int other = -128; other <= 127; ++other) {
    Bytes input(512, static_cast<std::int8_t>(other)), expected;
    for (int value = -128; value <= 127; ++value) {
      input[static_cast<std::size_t>(value + 128)] = static_cast<std::int8_t>(value);
      expected.push_back(static_cast<std::int8_t>(std::max(value, other)));
    }
    ASSERT_EQ(run(layer, input), expected) << other;
  }
}

TEST(MaxPool2d, PaddingNeverWins) {
  const qmn_max_pool2d layer{1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 0, 0, -128, 127};
  EXPECT_EQ(run(layer, {-100}), Bytes{-100});
}

}  // namespace
}  // namespace qmn::oracle
