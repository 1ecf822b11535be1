// SPDX-License-Identifier: Apache-2.0
#include "train/thresholds.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

const ValueId kFirst = 0, kTied = 1, kSecond = 2, kBias = 3;

Quantization start() { return {{{kFirst, {8, 4}}, {kTied, {8, 4}}, {kSecond, {16, 12}}, {kBias, {32, 16}}}}; }
void allow_all(Quantization&) {}
ThresholdTrainer make_trainer(ThresholdTrainer::Legalize legalize = allow_all) { return {start(), {{kFirst, kTied}, {kSecond}}, 0.01, std::move(legalize)}; }
std::map<ValueId, double> slopes(double first, double second) { return {{kFirst, first}, {kTied, 0}, {kSecond, second}}; }

// state(): steps, then (log2 t, mean, square) for each group
double log2_threshold(const ThresholdTrainer& trainer, std::size_t group) { return trainer.state().at(1 + 3 * group); }

TEST(ThresholdTrainer, StartsInTheMiddleOfItsOctave) {
  const ThresholdTrainer trainer = make_trainer();
  EXPECT_EQ(log2_threshold(trainer, 0), 2.5);  // Q3.4
  EXPECT_EQ(log2_threshold(trainer, 1), 2.5);  // 16 bits, 12 of them behind the point
  EXPECT_EQ(trainer.quantization().formats, start().formats);
  EXPECT_EQ(std::vector<ValueId>(trainer.values().begin(), trainer.values().end()), (std::vector<ValueId>{kFirst, kTied, kSecond}));
}

TEST(ThresholdTrainer, FollowsAdam) {
  ThresholdTrainer trainer = make_trainer();
  double log2 = 2.5, m = 0, v = 0;
  for (int t = 1; t <= 30; ++t) {
    const double first = 0.02 * t - 0.25, tied = 0.01, share = 1.0 / t;
    m = 0.9 * m + 0.1 * (first + tied);  // tied values share their threshold
    v = 0.999 * v + 0.001 * (first + tied) * (first + tied);
    log2 -= 0.01 * share * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
    trainer.step({{kFirst, first}, {kTied, tied}, {kSecond, 0}}, share);
    EXPECT_NEAR(log2_threshold(trainer, 0), log2, 1e-12);
  }
  EXPECT_EQ(log2_threshold(trainer, 1), 2.5);
}

TEST(ThresholdTrainer, AFormatChangesAtThePowerOfTwo) {
  ThresholdTrainer trainer = make_trainer();
  int steps = 0;
  while (!trainer.step(slopes(-1, 1), 1)) {
    ASSERT_GT(log2_threshold(trainer, 0), 2);
    ASSERT_LE(log2_threshold(trainer, 0), 3);
    ASSERT_LT(++steps, 60);
  }
  for (int i = 0; i < 5; ++i) trainer.step(slopes(-1, 1), 1);  // the other one, half a step of rounding later
  EXPECT_NEAR(steps, 50, 2);  // half an octave at the rate of 0.01
  const Quantization now = trainer.quantization();
  EXPECT_EQ(now.formats.at(kFirst), (QFormat{8, 3}));   // downhill: wider
  EXPECT_EQ(now.formats.at(kTied), (QFormat{8, 3}));
  EXPECT_EQ(now.formats.at(kSecond), (QFormat{16, 13}));  // narrower
  EXPECT_EQ(now.formats.at(kBias), start().formats.at(kBias));
}

TEST(ThresholdTrainer, WhatTheKernelsForbidIsClampedAndForgotten) {
  // The first may not get more than 4 fractional bits; the bias follows the second.
  const auto rule = [](Quantization& quantization) {
    for (const ValueId id : {kFirst, kTied}) quantization.formats.at(id).frac_bits = std::min(quantization.formats.at(id).frac_bits, 4);
    quantization.formats.at(kBias).frac_bits = quantization.formats.at(kSecond).frac_bits + 4;
  };
  ThresholdTrainer trainer = make_trainer(rule);
  for (int i = 0; i < 300; ++i) trainer.step(slopes(1, 1), 1);  // wants to narrow
  EXPECT_EQ(trainer.quantization().formats.at(kFirst), (QFormat{8, 4}));
  EXPECT_EQ(trainer.quantization().formats.at(kBias).frac_bits, trainer.quantization().formats.at(kSecond).frac_bits + 4);
  EXPECT_GT(trainer.quantization().formats.at(kSecond).frac_bits, 13);
  EXPECT_GT(log2_threshold(trainer, 0), 2);
  EXPECT_LT(log2_threshold(trainer, 0), 2.1) << "it waits at the edge, not beyond it";
}

TEST(ThresholdTrainer, ChannelsMoveTogether) {
  Quantization quantization = start();
  quantization.set_channels(kSecond, 8, {5, 7, 6});
  ThresholdTrainer trainer{quantization, {{kSecond}}, 0.01, allow_all};
  EXPECT_EQ(log2_threshold(trainer, 0), 1.5);  // of the widest channel
  while (!trainer.step({{kSecond, -1}}, 1)) ASSERT_LE(log2_threshold(trainer, 0), 2);
  EXPECT_EQ(trainer.quantization().channels_of(kSecond), (std::vector<int>{4, 6, 5}));
}

TEST(ThresholdTrainer, AStateIsExact) {
  ThresholdTrainer straight = make_trainer(), before = make_trainer(), after = make_trainer();
  const auto walk = [](ThresholdTrainer& trainer, int first, int last) {
    for (int i = first; i < last; ++i) trainer.step(slopes(std::sin(0.3 * i) - 1.5, std::cos(0.05 * i)), 0.9);
  };
  walk(straight, 0, 200);
  walk(before, 0, 120);
  after.restore(before.state());
  EXPECT_EQ(after.quantization().formats, before.quantization().formats);
  EXPECT_NE(after.quantization().formats, start().formats);
  walk(after, 120, 200);
  EXPECT_EQ(after.state(), straight.state());
}

TEST(ThresholdTrainer, TheRateFallsOverTheFirstHalf) {
  EXPECT_EQ(threshold_rate_share(0, 600), 1);
  EXPECT_NEAR(threshold_rate_share(150, 600), 0.5, 1e-12);
  EXPECT_GT(threshold_rate_share(299, 600), 0);
  EXPECT_EQ(threshold_rate_share(300, 600), 0);
  EXPECT_EQ(threshold_rate_share(599, 600), 0);
  EXPECT_EQ(threshold_rate_share(0, 1), 1);
}

}  // namespace
}  // namespace qmn
