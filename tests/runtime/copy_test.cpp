// SPDX-License-Identifier: Apache-2.0
#include "typed_values.h"

namespace qmn::oracle {
namespace {

template <class In, class Out>
void expect_definition(void (*copy)(const qmn_copy*, const In*, Out*), std::uint64_t stream) {
  for (std::uint64_t round = 0; round < 1000; ++round) {
    Random random{stream, round};
    const Clips clips = random_clips<Out>(random);
    const std::int32_t row_count = between(random, 1, 20);
    const qmn_copy layer{.rows = between(random, 0, 6),
                         .row_count = row_count,
                         .in_step = row_count + between(random, 0, 9),
                         .out_step = row_count + between(random, 0, 9),
                         .left_shift = random.uniform_int(2) == 0 ? 0 : between(random, 0, 15),
                         .right_shift = random.uniform_int(2) == 0 ? 0 : between(random, 0, 30),
                         .clip_min = clips.low,
                         .clip_max = clips.high};
    const auto input = random_values<In>(random, layer.rows * layer.in_step);
    std::vector<Out> expected(static_cast<std::size_t>(layer.rows * layer.out_step), GuardedValues<Out>::kMark);
    for (std::int32_t row = 0; row < layer.rows; ++row) {
      for (std::int32_t i = 0; i < row_count; ++i) {
        expected[static_cast<std::size_t>(row * layer.out_step + i)] =
            rounded<Out>(std::ldexp(real(input[static_cast<std::size_t>(row * layer.in_step + i)]), layer.left_shift), layer.right_shift, clips);
      }
    }
    GuardedValues<Out> output(expected.size());
    copy(&layer, input.data(), output.data());
    ASSERT_EQ(output.take(), expected) << "round " << round;  // what lies between the rows keeps its mark
  }
}

TEST(Copy, EqualsItsDefinitionForAllTypes) {
  expect_definition(qmn_copy_s8_ref, 50);
  expect_definition(qmn_copy_s8_s16_ref, 51);
  expect_definition(qmn_copy_s16_s8_ref, 52);
  expect_definition(qmn_copy_s16_ref, 53);
}

TEST(Fill, WritesCountValuesAlone) {
  for (std::int32_t count = 0; count <= 20; ++count) {
    const qmn_fill layer{count, -3}, wide_layer{count, -30000};
    GuardedValues<std::int8_t> bytes(static_cast<std::size_t>(count));
    GuardedValues<std::int16_t> words(static_cast<std::size_t>(count));
    qmn_fill_s8_ref(&layer, bytes.data());
    qmn_fill_s16_ref(&wide_layer, words.data());
    EXPECT_EQ(bytes.take(), Bytes(static_cast<std::size_t>(count), -3));
    EXPECT_EQ(words.take(), std::vector<std::int16_t>(static_cast<std::size_t>(count), -30000));
  }
}

}  // namespace
}  // namespace qmn::oracle
