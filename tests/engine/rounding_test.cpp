// SPDX-License-Identifier: Apache-2.0
// Fake-quant of one value: a Flatten is the identity, so what comes out is the rounding alone.
#include "engine/engine.h"
#include "nets.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

std::vector<float> round_by_engine(const std::vector<float>& reals, QFormat format) {
  test::NetBuilder net({1, static_cast<std::int64_t>(reals.size())}, 1);
  const ValueId flat = net.add(Flatten{}, "flat");
  const Quantization quantization{{{flat, format}}};
  return engine().evaluator(net.graph, &quantization)->run(reals, 1);
}

void expect_equal(const std::vector<float>& reals, QFormat format) {
  const std::vector<float> rounded = round_by_engine(reals, format);
  const std::vector<float> expected = fake_quantize(reals, format);
  for (std::size_t i = 0; i < reals.size(); ++i) ASSERT_EQ(rounded[i], expected[i]) << reals[i] << " in " << format.name();
}

TEST(FakeQuant, TiesGoUpAndRangesSaturate) {
  const std::vector<float> reals{0.5f, 1.5f, -0.5f, -1.5f, 0.49999997f, -0.50000006f, 127.4f, 127.5f, 1e30f, -128.5f, -129.0f, -1e30f};
  EXPECT_EQ(round_by_engine(reals, {8, 0}), (std::vector<float>{1, 2, 0, -1, 0, -1, 127, 127, 127, -128, -128, -128}));
}

TEST(FakeQuant, EqualsTheFormatsFormulaOnEveryEighthAndItsNeighbours) {
  for (int frac_bits = -4; frac_bits <= 12; ++frac_bits) {
    std::vector<float> reals;
    for (int eighths = -8 * 140; eighths <= 8 * 140; ++eighths) {
      const float real = static_cast<float>(std::ldexp(eighths / 8.0, -frac_bits));
      reals.insert(reals.end(), {real, std::nextafter(real, 1e9f), std::nextafter(real, -1e9f)});
    }
    expect_equal(reals, {8, frac_bits});
  }
}

TEST(FakeQuant, SixteenAndThirtyTwoBitsToo) {
  std::vector<float> reals;
  for (int quarters = -4 * 33000; quarters <= 4 * 33000; quarters += 3) reals.push_back(static_cast<float>(quarters) / 4.0f);
  expect_equal(reals, {16, 0});
  for (float& real : reals) real *= 70000.0f;
  expect_equal(reals, {32, 0});
}

TEST(FakeQuant, ExtremeFormatsStayFinite) {
  const std::vector<float> reals{0.0f, -0.0f, 1e-38f, -1e-38f, 3e38f, -3e38f, 1.0f, -1.0f};
  expect_equal(reals, {8, kMaxFracBits});
  expect_equal(reals, {8, -kMaxFracBits});
  expect_equal(reals, {32, kMaxFracBits});
}

TEST(FakeQuant, ParametersAreRoundedAsWell) {
  test::NetBuilder net({1, 1}, 1);
  FullyConnected node;
  node.weight = net.graph.add_initializer("w", {{3, 1}, {0.3f, 0.375f, -0.375f}});
  node.bias = net.graph.add_initializer("b", {{3}, {0.1f, 10.0f, 0.125f}});
  net.add(node, "dense");
  const Quantization quantization{{{node.weight, {8, 2}}, {node.bias, {8, 4}}}};
  EXPECT_EQ(engine().evaluator(net.graph, &quantization)->run(std::vector<float>{1.0f}, 1), (std::vector<float>{0.25f + 0.125f, 0.5f + 7.9375f, -0.25f + 0.125f}));
}

}  // namespace
}  // namespace qmn
