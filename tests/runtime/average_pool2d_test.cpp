// SPDX-License-Identifier: Apache-2.0
#include "typed_values.h"

namespace qmn::oracle {
namespace {

/// floor(sum · 2^left / (count · 2^right) + 1/2): a tie is exact in double, anything else is far from one.
template <class Out = std::int8_t>
Out mean(std::int64_t sum, std::int64_t count, const qmn_average_pool2d& l) {
  const double quotient = std::ldexp(real(sum), l.left_shift) / std::ldexp(real(count), l.right_shift);
  return static_cast<Out>(std::clamp(std::floor(quotient + 0.5), real(l.clip_min), real(l.clip_max)));
}

template <class In, class Out>
std::vector<Out> average_pool2d(const qmn_average_pool2d& l, const std::vector<In>& input) {
  std::vector<Out> out;
  for (std::int64_t y = 0; y < l.out_h; ++y) {
    for (std::int64_t x = 0; x < l.out_w; ++x) {
      for (std::int64_t c = 0; c < l.channels; ++c) {
        std::int64_t sum = 0, count = 0;
        for (std::int64_t ky = 0; ky < l.kernel_h; ++ky) {
          for (std::int64_t kx = 0; kx < l.kernel_w; ++kx) {
            const std::int64_t iy = y * l.stride_h - l.pad_top + ky, ix = x * l.stride_w - l.pad_left + kx;
            if (iy < 0 || ix < 0 || iy >= l.in_h || ix >= l.in_w) continue;
            sum += input.at(static_cast<std::size_t>((iy * l.in_w + ix) * l.channels + c));
            ++count;
          }
        }
        out.push_back(mean<Out>(sum, count, l));
      }
    }
  }
  return out;
}

template <class In, class Out>
using Pool = void (*)(const qmn_average_pool2d*, const In*, Out*);

template <class In, class Out>
std::vector<Out> run(Pool<In, Out> pool, const qmn_average_pool2d& layer, const std::vector<In>& input) {
  GuardedValues<Out> output(static_cast<std::size_t>(layer.out_h * layer.out_w * layer.channels));
  pool(&layer, input.data(), output.data());
  return output.take();
}

Bytes run(const qmn_average_pool2d& layer, const Bytes& input) { return run(qmn_average_pool2d_s8_ref, layer, input); }

template <class In, class Out>
void expect_equal(Random& random, qmn_average_pool2d layer, Pool<In, Out> pool) {
  if (random.uniform_int(2) == 0)
    layer.left_shift = between(random, 0, 8);
  else
    layer.right_shift = between(random, 0, 16);
  const Clips clips = random_clips<Out>(random);
  layer.clip_min = clips.low;
  layer.clip_max = clips.high;
  const std::vector<In> input = random_values<In>(random, layer.in_h * layer.in_w * layer.channels);
  ASSERT_EQ(run(pool, layer, input), (average_pool2d<In, Out>(layer, input)))
      << 8 * sizeof(In) << " to " << 8 * sizeof(Out) << " bits, kernel " << layer.kernel_h << "x" << layer.kernel_w << ", left " << layer.left_shift
      << ", right " << layer.right_shift;
}

TEST(AveragePool2d, RoundsEverySumOfEverySmallWindowTiesUp) {
  for (std::int32_t count = 1; count <= 25; ++count) {
    // One channel for each possible sum, spread over the window as evenly as it goes.
    const std::int32_t lowest = -128 * count, highest = 127 * count, channels = highest - lowest + 1;
    Bytes input(static_cast<std::size_t>(count * channels));
    for (std::int32_t channel = 0; channel < channels; ++channel) {
      std::int32_t rest = lowest + channel;
      for (std::int32_t i = 0; i < count; ++i) {
        const std::int32_t value = rest / (count - i);
        input[static_cast<std::size_t>(i * channels + channel)] = static_cast<std::int8_t>(value);
        rest -= value;
      }
      ASSERT_EQ(rest, 0);
    }
    for (const auto& [left, right] : {std::pair{0, 0}, {1, 0}, {2, 0}, {3, 0}, {7, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 8}, {0, 12}}) {
      const qmn_average_pool2d layer{1, count, channels, 1, 1, 1, count, 1, 1, 0, 0, left, right, -128, 127};
      Bytes expected;
      for (std::int32_t sum = lowest; sum <= highest; ++sum) expected.push_back(mean(sum, count, layer));
      ASSERT_EQ(run(layer, input), expected) << "window of " << count << ", left " << left << ", right " << right;
    }
  }
}

TEST(AveragePool2d, TiesGoUpOnBothSidesOfZero) {
  const qmn_average_pool2d layer{1, 2, 4, 1, 1, 1, 2, 1, 1, 0, 0, 0, 0, -128, 127};
  EXPECT_EQ(run(layer, {-2, -1, 0, 1, -1, 0, 1, 2}), (Bytes{-1, 0, 1, 2}));  // means -1.5, -0.5, 0.5, 1.5
}

TEST(AveragePool2d, EqualsTheFormulaOnRandomWindowsWithPadsAndStrides) {
  for (std::uint64_t round = 0; round < 1500; ++round) {
    Random random{7, round};
    qmn_average_pool2d layer{};
    layer.kernel_h = between(random, 1, 5);
    layer.kernel_w = between(random, 1, 5);
    layer.in_h = between(random, layer.kernel_h, 9);
    layer.in_w = between(random, layer.kernel_w, 9);
    layer.channels = between(random, 1, 40);
    layer.stride_h = between(random, 1, 3);
    layer.stride_w = between(random, 1, 3);
    layer.pad_top = between(random, 0, layer.kernel_h - 1);
    layer.pad_left = between(random, 0, layer.kernel_w - 1);
    layer.out_h = (layer.in_h + layer.pad_top + between(random, 0, layer.kernel_h - 1) - layer.kernel_h) / layer.stride_h + 1;
    layer.out_w = (layer.in_w + layer.pad_left + between(random, 0, layer.kernel_w - 1) - layer.kernel_w) / layer.stride_w + 1;
    ASSERT_NO_FATAL_FAILURE(expect_equal(random, layer, qmn_average_pool2d_s8_ref)) << "round " << round;
    ASSERT_NO_FATAL_FAILURE(expect_equal(random, layer, qmn_average_pool2d_s8_s16_ref)) << "round " << round;
    ASSERT_NO_FATAL_FAILURE(expect_equal(random, layer, qmn_average_pool2d_s16_s8_ref)) << "round " << round;
    ASSERT_NO_FATAL_FAILURE(expect_equal(random, layer, qmn_average_pool2d_s16_ref)) << "round " << round;
  }
}

TEST(AveragePool2d, TheLargestWindowThatFitsInt32IsExact) {
  // 256 · count + count < 2^31 holds up to 8,355,967 values.
  const std::int32_t height = 2891, width = 2890;  // 8,354,990
  const qmn_average_pool2d layer{height, width, 1, 1, 1, height, width, 1, 1, 0, 0, 0, 0, -128, 127};
  EXPECT_EQ(run(layer, Bytes(static_cast<std::size_t>(height) * width, -128)), Bytes{-128});
  EXPECT_EQ(run(layer, Bytes(static_cast<std::size_t>(height) * width, 127)), Bytes{127});
}

}  // namespace
}  // namespace qmn::oracle
