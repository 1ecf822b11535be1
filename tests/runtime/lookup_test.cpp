// SPDX-License-Identifier: Apache-2.0
#include "typed_values.h"

namespace qmn::oracle {
namespace {

template <class Layer, class Out>
void expect_permutation(void (*look_up)(const Layer*, const std::int8_t*, Out*)) {
  Random random{40, 0};
  const auto table = random_values<Out>(random, 256);
  const Bytes input = every_value<std::int8_t>();
  GuardedValues<Out> output(input.size());
  const Layer layer{256, table.data()};
  look_up(&layer, input.data(), output.data());
  EXPECT_EQ(output.take(), table);
}

TEST(Lookup, EveryByteHasItsEntry) {
  expect_permutation(qmn_lookup_s8_ref);
  expect_permutation(qmn_lookup_s8_s16_ref);
}

TEST(Lookup, TouchesCountValuesAloneAndMayRunInPlace) {
  Random random{41, 0};
  const Bytes table = random_bytes(random, 256);
  for (std::int32_t count = 0; count <= 40; ++count) {
    const Bytes input = random_bytes(random, count);
    Bytes expected;
    for (std::int8_t value : input) expected.push_back(table[static_cast<std::size_t>(value + 128)]);
    const qmn_lookup_s8 layer{count, table.data()};
    GuardedOutput output(count);
    qmn_lookup_s8_ref(&layer, input.data(), output.data());
    ASSERT_EQ(output.take(), expected);
    Bytes in_place = input;
    qmn_lookup_s8_ref(&layer, in_place.data(), in_place.data());
    ASSERT_EQ(in_place, expected);
  }
}

}  // namespace
}  // namespace qmn::oracle
