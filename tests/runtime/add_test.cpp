// SPDX-License-Identifier: Apache-2.0
#include "typed_values.h"

namespace qmn::oracle {
namespace {

template <class A, class B, class Out>
using AddFunction = void (*)(const qmn_add*, const A*, const B*, Out*);

template <class A, class B, class Out>
std::vector<Out> definition(const qmn_add& layer, const std::vector<A>& a, const std::vector<B>& b) {
  std::vector<Out> out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double sum = real(a[i]) * layer.a_factor + real(b[i % static_cast<std::size_t>(layer.b_count)]) * layer.b_factor;
    out.push_back(rounded<Out>(sum, layer.out_shift, {layer.clip_min, layer.clip_max}));
  }
  return out;
}

template <class A, class B, class Out>
std::vector<Out> run(AddFunction<A, B, Out> add, const qmn_add& layer, const std::vector<A>& a, const std::vector<B>& b) {
  GuardedValues<Out> output(a.size());
  add(&layer, a.data(), b.data(), output.data());
  return output.take();
}

/// Factors up to the largest for which no sum of the types leaves int32.
template <class A, class B, class Out>
void expect_definition(AddFunction<A, B, Out> add, std::uint64_t stream) {
  constexpr int kMaxFactorLog2 = sizeof(A) == 1 && sizeof(B) == 1 ? 22 : 14;
  for (std::uint64_t round = 0; round < 1500; ++round) {
    Random random{stream, round};
    const std::int32_t b_count = between(random, 1, 30);
    const Clips clips = random_clips<Out>(random);
    const qmn_add layer{.count = b_count * (random.uniform_int(2) == 0 ? 1 : between(random, 1, 5)),
                        .b_count = b_count,
                        .a_factor = 1 << between(random, 0, kMaxFactorLog2),
                        .b_factor = (random.uniform_int(2) == 0 ? 1 : -1) * (1 << between(random, 0, kMaxFactorLog2)),
                        .out_shift = between(random, 0, 29),
                        .clip_min = clips.low,
                        .clip_max = clips.high};
    const auto a = random_values<A>(random, layer.count);
    const auto b = random_values<B>(random, b_count);
    ASSERT_EQ(run(add, layer, a, b), (definition<A, B, Out>(layer, a, b))) << "round " << round;
  }
}

TEST(Add, EqualsItsDefinitionForAllTypes) {
  expect_definition(qmn_add_s8_ref, 20);
  expect_definition(qmn_add_s8_s16_ref, 21);
  expect_definition(qmn_add_s8s16_s8_ref, 22);
  expect_definition(qmn_add_s8s16_s16_ref, 23);
  expect_definition(qmn_add_s16s8_s8_ref, 24);
  expect_definition(qmn_add_s16s8_s16_ref, 25);
  expect_definition(qmn_add_s16_s8_ref, 26);
  expect_definition(qmn_add_s16_ref, 27);
}

TEST(Add, EqualsItsDefinitionForEveryPairOfBytes) {
  const Bytes all = every_value<std::int8_t>();
  for (const auto& [a_factor, b_factor, shift] : {std::array{1, 1, 0}, {1, 1, 1}, {1, -1, 0}, {4, 1, 2}, {1, 8, 5}, {1 << 22, 1 << 22, 29}}) {
    const qmn_add layer{256, 256, a_factor, b_factor, shift, -128, 127};
    for (std::int8_t value : all) {
      const Bytes b(256, value);
      ASSERT_EQ(run(qmn_add_s8_ref, layer, all, b), (definition<std::int8_t, std::int8_t, std::int8_t>(layer, all, b)));
    }
  }
}

TEST(Add, MayRunInPlaceOverEitherOperand) {
  Random random{28, 0};
  const auto a = random_values<std::int8_t>(random, 60), b = random_values<std::int8_t>(random, 60);
  const qmn_add layer{60, 60, 2, 1, 1, -128, 127};
  const auto expected = definition<std::int8_t, std::int8_t, std::int8_t>(layer, a, b);
  auto over_a = a, over_b = b;
  qmn_add_s8_ref(&layer, over_a.data(), b.data(), over_a.data());
  qmn_add_s8_ref(&layer, a.data(), over_b.data(), over_b.data());
  EXPECT_EQ(over_a, expected);
  EXPECT_EQ(over_b, expected);
}

}  // namespace
}  // namespace qmn::oracle
