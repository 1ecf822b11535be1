// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace qmn::oracle {
namespace {

using Table = std::vector<std::uint16_t>;

/// floor(32768 · e^(-d · 2^-frac_bits) + 0.5)
Table table_for(int frac_bits) {
  Table table;
  for (int d = 0; d < 256; ++d) table.push_back(static_cast<std::uint16_t>(std::floor(32768 * std::exp(-std::ldexp(d, -frac_bits)) + 0.5)));
  return table;
}

Bytes run(const Table& table, const Bytes& input) {
  const qmn_softmax layer{static_cast<std::int32_t>(input.size()), table.data()};
  GuardedOutput output(static_cast<std::int64_t>(input.size()));
  qmn_softmax_s8_ref(&layer, input.data(), output.data());
  return output.take();
}

/// The definition; exact in double, as all terms are below 2^31.
Bytes softmax(const Table& table, const Bytes& input) {
  const int largest = *std::max_element(input.begin(), input.end());
  double sum = 0;
  for (std::int8_t value : input) sum += table[static_cast<std::size_t>(largest - value)];
  Bytes out;
  for (std::int8_t value : input) {
    out.push_back(
        static_cast<std::int8_t>(std::min(127.0, std::floor(128 * real(table[static_cast<std::size_t>(largest - value)]) / sum + 0.5))));
  }
  return out;
}

TEST(Softmax, EqualsItsDefinitionOnRandomRows) {
  for (std::uint64_t round = 0; round < 3000; ++round) {
    Random random{8, round};
    const Table table = table_for(between(random, -4, 12));
    const Bytes input = random_bytes(random, between(random, 1, 40));
    ASSERT_EQ(run(table, input), softmax(table, input)) << "round " << round;
  }
}

TEST(Softmax, EqualsItsDefinitionForEveryPairOfValues) {
  for (int frac_bits : {0, 3, 7}) {
    const Table table = table_for(frac_bits);
    for (int a = -128; a <= 127; ++a) {
      for (int b = -128; b <= 127; ++b) {
        const Bytes input{static_cast<std::int8_t>(a), static_cast<std::int8_t>(b)};
        ASSERT_EQ(run(table, input), softmax(table, input)) << a << ", " << b;
      }
    }
  }
}

TEST(Softmax, IsWithinOneStepOfTheRealSoftmax) {
  for (std::uint64_t round = 0; round < 2000; ++round) {
    Random random{9, round};
    const int frac_bits = between(random, 0, 7);
    const Bytes input = random_bytes(random, between(random, 1, 20));
    const Bytes scores = run(table_for(frac_bits), input);
    double sum = 0;
    for (std::int8_t value : input) sum += std::exp(std::ldexp(real(value), -frac_bits));
    for (std::size_t i = 0; i < input.size(); ++i) {
      const double exact = std::exp(std::ldexp(real(input[i]), -frac_bits)) / sum;
      ASSERT_LE(std::abs(scores[i] / 128.0 - exact), 1.0 / 128) << "round " << round;
    }
  }
}

TEST(Softmax, OneClassIsCertain) { EXPECT_EQ(run(table_for(3), {-128}), Bytes{127}); }

TEST(Softmax, TheLongestRowDoesNotOverflow) {
  const Table table = table_for(3);
  EXPECT_EQ(run(table, Bytes(65535, 5)), Bytes(65535, 0));
  Bytes input(65535, -128);
  input[1234] = 127;
  EXPECT_EQ(run(table, input), softmax(table, input));
}

TEST(Softmax, MayRunInPlace) {
  for (std::uint64_t round = 0; round < 500; ++round) {
    Random random{10, round};
    const Table table = table_for(between(random, 0, 7));
    const Bytes input = random_bytes(random, between(random, 1, 30));
    Bytes in_place = input;
    const qmn_softmax layer{static_cast<std::int32_t>(input.size()), table.data()};
    qmn_softmax_s8_ref(&layer, in_place.data(), in_place.data());
    ASSERT_EQ(in_place, softmax(table, input));
  }
}

}  // namespace
}  // namespace qmn::oracle
