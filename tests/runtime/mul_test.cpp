// SPDX-License-Identifier: Apache-2.0
#include "typed_values.h"

namespace qmn::oracle {
namespace {

template <class A, class B, class Out>
using MulFunction = void (*)(const qmn_mul*, const A*, const B*, Out*);

template <class A, class B, class Out>
std::vector<Out> definition(const qmn_mul& layer, const std::vector<A>& a, const std::vector<B>& b) {
  std::vector<Out> out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double product = real(a[i]) * real(b[i % static_cast<std::size_t>(layer.b_count)]);
    out.push_back(rounded<Out>(product, layer.out_shift, {layer.clip_min, layer.clip_max}));
  }
  return out;
}

template <class A, class B, class Out>
std::vector<Out> run(MulFunction<A, B, Out> mul, const qmn_mul& layer, const std::vector<A>& a, const std::vector<B>& b) {
  GuardedValues<Out> output(a.size());
  mul(&layer, a.data(), b.data(), output.data());
  return output.take();
}

template <class A, class B, class Out>
void expect_definition(MulFunction<A, B, Out> mul, std::uint64_t stream) {
  for (std::uint64_t round = 0; round < 1500; ++round) {
    Random random{stream, round};
    const std::int32_t b_count = between(random, 1, 30);
    const Clips clips = random_clips<Out>(random);
    const qmn_mul layer{.count = b_count * (random.uniform_int(2) == 0 ? 1 : between(random, 1, 5)),
                        .b_count = b_count,
                        .out_shift = between(random, 0, 30),
                        .clip_min = clips.low,
                        .clip_max = clips.high};
    const auto a = random_values<A>(random, layer.count);
    const auto b = random_values<B>(random, b_count);
    ASSERT_EQ(run(mul, layer, a, b), (definition<A, B, Out>(layer, a, b))) << "round " << round;
  }
}

TEST(Mul, EqualsItsDefinitionForAllTypes) {
  expect_definition(qmn_mul_s8_ref, 30);
  expect_definition(qmn_mul_s8_s16_ref, 31);
  expect_definition(qmn_mul_s8s16_s8_ref, 32);
  expect_definition(qmn_mul_s8s16_s16_ref, 33);
  expect_definition(qmn_mul_s16s8_s8_ref, 34);
  expect_definition(qmn_mul_s16s8_s16_ref, 35);
  expect_definition(qmn_mul_s16_s8_ref, 36);
  expect_definition(qmn_mul_s16_ref, 37);
}

TEST(Mul, EqualsItsDefinitionForEveryPairOfBytesAndEveryShift) {
  const Bytes all = every_value<std::int8_t>();
  for (std::int32_t shift = 0; shift <= 16; ++shift) {
    const qmn_mul layer{256, 1, shift, -128, 127};
    for (std::int8_t value : all) {
      ASSERT_EQ(run(qmn_mul_s8_ref, layer, all, {value}), (definition<std::int8_t, std::int8_t, std::int8_t>(layer, all, {value})));
    }
  }
}

TEST(Mul, EveryInt16TimesTheExtremesOfInt16StaysWithinInt32) {
  const auto all = every_value<std::int16_t>();
  for (const std::int16_t value : {std::int16_t{-32768}, std::int16_t{32767}, std::int16_t{-1}}) {
    for (const std::int32_t shift : {0, 15, 29, 30}) {
      const qmn_mul layer{65536, 1, shift, -32768, 32767};
      ASSERT_EQ(run(qmn_mul_s16_ref, layer, all, {value}), (definition<std::int16_t, std::int16_t, std::int16_t>(layer, all, {value})));
    }
  }
}

TEST(Mul, MayRunInPlaceOverEitherOperand) {
  Random random{38, 0};
  const auto a = random_values<std::int16_t>(random, 60), b = random_values<std::int16_t>(random, 60);
  const qmn_mul layer{60, 60, 15, -32768, 32767};
  const auto expected = definition<std::int16_t, std::int16_t, std::int16_t>(layer, a, b);
  auto over_a = a, over_b = b;
  qmn_mul_s16_ref(&layer, over_a.data(), b.data(), over_a.data());
  qmn_mul_s16_ref(&layer, a.data(), over_b.data(), over_b.data());
  EXPECT_EQ(over_a, expected);
  EXPECT_EQ(over_b, expected);
}

}  // namespace
}  // namespace qmn::oracle
