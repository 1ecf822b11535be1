// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace qmn::oracle {
namespace {

Bytes run(const qmn_fully_connected& layer, const Bytes& input) {
  GuardedOutput output(layer.out_count);
  qmn_fully_connected_s8_ref(&layer, input.data(), output.data());
  return output.take();
}

TEST(FullyConnected, EqualsTheFormulaForEveryLengthAndRowRemainder) {
  for (std::int32_t in_count = 1; in_count <= 130; ++in_count) {
    for (std::int32_t out_count = 1; out_count <= 9; ++out_count) {
      Random random{6, static_cast<std::uint64_t>(in_count), static_cast<std::uint64_t>(out_count)};
      const Bytes input = random_bytes(random, in_count);
      const Bytes weights = random_bytes(random, in_count * out_count);
      const RandomBias biases(random, out_count);
      const qmn_fully_connected layer{in_count, out_count, weights.data(), biases.view, random_epilogue(random)};
      Bytes expected;
      for (std::int32_t row = 0; row < out_count; ++row) {
        std::int64_t sum = bias(biases.view, row);
        for (std::int32_t c = 0; c < in_count; ++c) {
          sum += std::int64_t{input.at(static_cast<std::size_t>(c))} * weights.at(static_cast<std::size_t>(row * in_count + c));
        }
        expected.push_back(epilogue(sum, layer.epilogue));
      }
      ASSERT_EQ(run(layer, input), expected) << in_count << " in, " << out_count << " out, out_shift " << layer.epilogue.out_shift;
    }
  }
}

/// One weight of 0: the accumulator is the 32-bit bias.
Bytes shifted(const std::vector<std::int32_t>& accumulators, qmn_epilogue epilogue) {
  const Bytes weights(accumulators.size(), 0);
  return run({1, static_cast<std::int32_t>(accumulators.size()), weights.data(), {nullptr, accumulators.data(), 0}, epilogue}, {77});
}

TEST(FullyConnected, RoundsEveryAccumulatorTiesUpForEveryOutShift) {
  std::vector<std::int32_t> accumulators;
  for (std::int32_t a = -(1 << 16); a <= 1 << 16; ++a) accumulators.push_back(a);
  for (std::int32_t a : {-1073741824, -1073741823, 1073741823}) accumulators.push_back(a);
  for (std::int32_t out_shift = 0; out_shift <= 30; ++out_shift) {
    const qmn_epilogue saturating{out_shift, -128, 127};
    Bytes expected;
    for (std::int32_t a : accumulators) expected.push_back(epilogue(a, saturating));
    ASSERT_EQ(shifted(accumulators, saturating), expected) << "out_shift " << out_shift;
  }
}

TEST(FullyConnected, TiesGoUpOnBothSidesOfZero) {
  EXPECT_EQ(shifted({-3, -2, -1, 0, 1, 2, 3}, {1, -128, 127}), (Bytes{-1, -1, 0, 0, 1, 1, 2}));
}

TEST(FullyConnected, SaturatesAtTheTypeAndClipsAtTheActivation) {
  EXPECT_EQ(shifted({-1000000, -129, -128, 127, 128, 1000000}, {0, -128, 127}), (Bytes{-128, -128, -128, 127, 127, 127}));
  EXPECT_EQ(shifted({-1000000, -1, 0, 5, 6, 7}, {0, 0, 6}), (Bytes{0, 0, 0, 5, 6, 6}));
}

TEST(FullyConnected, TheLargestAccumulatorsOfInt32AreExact) {
  // 2 rows of 131071 products of ±128·128: ±2147467264 leaves room for a rounding of 2^13 below 2^31.
  const std::int32_t in_count = 131071;
  const Bytes input(static_cast<std::size_t>(in_count), -128);
  Bytes weights(static_cast<std::size_t>(in_count), -128);
  weights.resize(static_cast<std::size_t>(2 * in_count), 127);
  const Bytes biases{0, 0};
  const qmn_fully_connected layer{in_count, 2, weights.data(), {biases.data(), nullptr, 0}, {14, -128, 127}};
  EXPECT_EQ(run(layer, input), (Bytes{127, -128}));
  const std::int64_t positive = std::int64_t{in_count} * 128 * 128;
  ASSERT_LE(positive + (1 << 13), std::int64_t{INT32_MAX});
}

TEST(FullyConnected, AnEightBitBiasIsShiftedExactly) {
  const Bytes weights{0, 0, 0}, biases{-128, -1, 127};
  for (std::int32_t shift = 0; shift <= 23; ++shift) {
    const qmn_fully_connected layer{1, 3, weights.data(), {biases.data(), nullptr, shift}, {shift, -128, 127}};
    EXPECT_EQ(run(layer, {1}), biases) << "bias_shift " << shift;
  }
}

}  // namespace
}  // namespace qmn::oracle
