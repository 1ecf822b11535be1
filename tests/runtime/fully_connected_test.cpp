// SPDX-License-Identifier: Apache-2.0
#include "weighted_cases.h"

namespace qmn::oracle {
namespace {

Bytes run(const qmn_fully_connected& layer, const Bytes& input) {
  GuardedOutput output(layer.out_count);
  qmn_fully_connected_s8_ref(&layer, input.data(), output.data());
  return output.take();
}

template <class In, class Out>
void expect_equal(Random& random, std::int32_t in_count, std::int32_t out_count, const KernelPair<qmn_fully_connected, In, Out>& kernels) {
  const std::vector<In> input = random_values<In>(random, in_count);
  const Bytes weights = random_weights<In>(random, in_count * out_count, in_count);
  const RandomBias biases(random, out_count);
  for (const bool is_per_channel : {false, true}) {
    const RandomEpilogue<Out> epilogue_of(random, out_count, is_per_channel);
    const qmn_fully_connected layer{in_count, out_count, weights.data(), biases.view, epilogue_of.view()};
    std::vector<Out> expected;
    for (std::int32_t row = 0; row < out_count; ++row) {
      std::int64_t sum = bias(biases.view, row);
      for (std::int32_t c = 0; c < in_count; ++c) {
        sum += std::int64_t{input.at(static_cast<std::size_t>(c))} * weights.at(static_cast<std::size_t>(row * in_count + c));
      }
      expected.push_back(epilogue_of(sum, row));
    }
    GuardedValues<Out> output(static_cast<std::size_t>(out_count));
    kernels[is_per_channel](&layer, input.data(), output.data());
    ASSERT_EQ(output.take(), expected) << in_count << " in, " << out_count << " out, " << 8 * sizeof(In) << " to " << 8 * sizeof(Out) << " bits"
                                       << (is_per_channel ? ", per channel" : "");
  }
}

TEST(FullyConnected, EqualsTheFormulaForEveryLengthAndRowRemainder) {
  for (std::int32_t in_count = 1; in_count <= 130; ++in_count) {
    for (std::int32_t out_count = 1; out_count <= 9; ++out_count) {
      Random random{6, static_cast<std::uint64_t>(in_count), static_cast<std::uint64_t>(out_count)};
      ASSERT_NO_FATAL_FAILURE((expect_equal<std::int8_t, std::int8_t>(random, in_count, out_count, {qmn_fully_connected_s8_ref, qmn_fully_connected_s8_channels_ref})));
      ASSERT_NO_FATAL_FAILURE((expect_equal<std::int8_t, std::int16_t>(random, in_count, out_count, {qmn_fully_connected_s8_s16_ref, qmn_fully_connected_s8_s16_channels_ref})));
      ASSERT_NO_FATAL_FAILURE((expect_equal<std::int16_t, std::int8_t>(random, in_count, out_count, {qmn_fully_connected_s16_s8_ref, qmn_fully_connected_s16_s8_channels_ref})));
      ASSERT_NO_FATAL_FAILURE((expect_equal<std::int16_t, std::int16_t>(random, in_count, out_count, {qmn_fully_connected_s16_ref, qmn_fully_connected_s16_channels_ref})));
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
    const qmn_epilogue saturating{{out_shift}, -128, 127};
    Bytes expected;
    for (std::int32_t a : accumulators) expected.push_back(epilogue(a, saturating));
    ASSERT_EQ(shifted(accumulators, saturating), expected) << "out_shift " << out_shift;
  }
}

TEST(FullyConnected, RoundsEveryAccumulatorToInt16TiesUpForEveryOutShift) {
  std::vector<std::int32_t> accumulators;
  for (std::int32_t a = -(1 << 17); a <= 1 << 17; ++a) accumulators.push_back(a);
  for (std::int32_t a : {-1073741824, -1073741823, 1073741823}) accumulators.push_back(a);
  const Bytes weights(accumulators.size(), 0);
  const std::int16_t input = 77;
  for (std::int32_t out_shift = 0; out_shift <= 30; ++out_shift) {
    const qmn_epilogue saturating{{out_shift}, INT16_MIN, INT16_MAX};
    const qmn_fully_connected layer{1, static_cast<std::int32_t>(accumulators.size()), weights.data(), {nullptr, accumulators.data(), 0}, saturating};
    GuardedValues<std::int16_t> output(accumulators.size());
    qmn_fully_connected_s16_ref(&layer, &input, output.data());
    const std::vector<std::int16_t> out = output.take();
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_EQ(out[i], rounded<std::int16_t>(real(accumulators[i]), out_shift, {INT16_MIN, INT16_MAX})) << accumulators[i] << " >> " << out_shift;
    }
  }
}

TEST(FullyConnected, TiesGoUpOnBothSidesOfZero) {
  EXPECT_EQ(shifted({-3, -2, -1, 0, 1, 2, 3}, {{1}, -128, 127}), (Bytes{-1, -1, 0, 0, 1, 1, 2}));
}

TEST(FullyConnected, SaturatesAtTheTypeAndClipsAtTheActivation) {
  EXPECT_EQ(shifted({-1000000, -129, -128, 127, 128, 1000000}, {{0}, -128, 127}), (Bytes{-128, -128, -128, 127, 127, 127}));
  EXPECT_EQ(shifted({-1000000, -1, 0, 5, 6, 7}, {{0}, 0, 6}), (Bytes{0, 0, 0, 5, 6, 6}));
}

TEST(FullyConnected, TheLargestAccumulatorsOfInt32AreExact) {
  // 2 rows of 131071 products of ±128·128: ±2147467264 leaves room for a rounding of 2^13 below 2^31.
  const std::int32_t in_count = 131071;
  const Bytes input(static_cast<std::size_t>(in_count), -128);
  Bytes weights(static_cast<std::size_t>(in_count), -128);
  weights.resize(static_cast<std::size_t>(2 * in_count), 127);
  const Bytes biases{0, 0};
  const qmn_fully_connected layer{in_count, 2, weights.data(), {biases.data(), nullptr, 0}, {{14}, -128, 127}};
  EXPECT_EQ(run(layer, input), (Bytes{127, -128}));
  const std::int64_t positive = std::int64_t{in_count} * 128 * 128;
  ASSERT_LE(positive + (1 << 13), std::int64_t{INT32_MAX});
}

TEST(FullyConnected, AnEightBitBiasIsShiftedExactly) {
  const Bytes weights{0, 0, 0}, biases{-128, -1, 127};
  for (std::int32_t shift = 0; shift <= 23; ++shift) {
    const qmn_fully_connected layer{1, 3, weights.data(), {biases.data(), nullptr, shift}, {{shift}, -128, 127}};
    EXPECT_EQ(run(layer, {1}), biases) << "bias_shift " << shift;
  }
}

}  // namespace
}  // namespace qmn::oracle
