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

/// Tables of the int16 softmax; both round each exponential to 2^-15.
struct WideTables {
  Table coarse, fine;
  explicit WideTables(int frac_bits, std::size_t coarse_count = 256) {
    const auto entry = [&](int steps) { return static_cast<std::uint16_t>(std::floor(32768 * std::exp(-std::ldexp(steps, -frac_bits)) + 0.5)); };
    for (std::size_t k = 0; k < coarse_count; ++k) coarse.push_back(entry(256 * static_cast<int>(k)));
    for (int j = 0; j < 256; ++j) fine.push_back(entry(j));
  }
  double exponential(int distance) const {
    const auto k = static_cast<std::size_t>(distance / 256), j = static_cast<std::size_t>(distance % 256);
    return k < coarse.size() ? std::floor(real(coarse[k]) * real(fine[j]) / 32768 + 0.5) : 0;
  }
};

Bytes run_wide(const WideTables& tables, const std::vector<std::int16_t>& input) {
  const qmn_softmax_s16 layer{static_cast<std::int32_t>(input.size()), static_cast<std::int32_t>(tables.coarse.size()), tables.coarse.data(), tables.fine.data()};
  GuardedOutput output(static_cast<std::int64_t>(input.size()));
  qmn_softmax_s16_s8_ref(&layer, input.data(), output.data());
  return output.take();
}

TEST(Softmax, OfInt16EqualsItsDefinition) {
  for (std::uint64_t round = 0; round < 3000; ++round) {
    Random random{11, round};
    const WideTables tables(between(random, -4, 18), static_cast<std::size_t>(between(random, 1, 256)));
    std::vector<std::int16_t> input(static_cast<std::size_t>(between(random, 1, 40)));
    const std::int32_t spread = 1 << between(random, 3, 15);
    for (std::int16_t& value : input) value = static_cast<std::int16_t>(between(random, -spread, spread - 1));
    const int largest = *std::max_element(input.begin(), input.end());
    double sum = 0;
    for (std::int16_t value : input) sum += tables.exponential(largest - value);
    Bytes expected;
    for (std::int16_t value : input)
      expected.push_back(static_cast<std::int8_t>(std::min(127.0, std::floor(128 * tables.exponential(largest - value) / sum + 0.5))));
    ASSERT_EQ(run_wide(tables, input), expected) << "round " << round;
  }
}

TEST(Softmax, OfInt16IsWithinOneStepOfTheRealSoftmaxForEveryDistance) {
  for (int frac_bits : {0, 4, 8, 11, 15}) {
    const WideTables tables(frac_bits);
    for (int distance = 0; distance <= 65535; ++distance) {
      const std::vector<std::int16_t> input{INT16_MAX, static_cast<std::int16_t>(INT16_MAX - distance)};
      const Bytes scores = run_wide(tables, input);
      const double smaller = std::exp(-std::ldexp(distance, -frac_bits)), exact = smaller / (1 + smaller);
      ASSERT_LE(std::abs(scores[1] / 128.0 - exact), 1.0 / 128) << "2^-" << frac_bits << " x " << distance;
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
