// SPDX-License-Identifier: Apache-2.0
// A try equals an evaluator that is built afresh with the changed formats, channels and corrections, bit for bit.
#include "engine/engine.h"
#include "nets.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

class SearchSessionTest : public testing::Test {
 protected:
  std::vector<float> afresh(const Quantization& quantization) { return engine().evaluator(graph, &quantization)->run(inputs, clips); }

  /// Up to four values of another format; parameters may get channels or a correction.
  Quantization changed(Quantization quantization, Random& random) const {
    for (std::uint64_t i = 0; i <= random.uniform_int(3); ++i) {
      const auto id = static_cast<ValueId>(random.uniform_int(graph.values.size()));
      if (random.uniform() < 0.2) {
        quantization.take(id, {});
        continue;
      }
      const auto frac_bits = [&] { return static_cast<int>(random.uniform_int(7)) + 1; };
      quantization.set_format(id, {8, frac_bits()});
      if (!graph.is_initializer(id)) continue;
      const Tensor& parameter = graph.initializer(id);
      if (random.uniform() < 0.4) {
        std::vector<int> channels(static_cast<std::size_t>(parameter.shape[0]));
        for (int& channel : channels) channel = frac_bits();
        quantization.set_channels(id, 8, channels);
      }
      if (random.uniform() < 0.4) quantization.corrections[id] = test::random_floats(element_count(parameter.shape), random.next(), -0.2, 0.2);
    }
    return quantization;
  }

  const Graph graph = test::small_ds_cnn(31);
  const std::int64_t clips = 60;
  const std::vector<float> inputs = test::random_floats(clips * 66, 4, -2, 2);
};

TEST_F(SearchSessionTest, StartsAtTheGivenFormats) {
  const Quantization start = test::full_quantization(graph);
  EXPECT_EQ(engine().search_session(graph, start, inputs, clips)->logits(), afresh(start));
  EXPECT_EQ(engine().search_session(graph, {}, inputs, clips)->logits(), afresh({}));
}

TEST_F(SearchSessionTest, TriesAndCommitsEqualAFreshEvaluator) {
  const std::uint64_t seed = 12;
  RecordProperty("seed", std::to_string(seed));
  Random random{seed};
  Quantization current = test::full_quantization(graph);
  const auto session = engine().search_session(graph, current, inputs, clips);
  int differing = 0;
  for (int round = 0; round < 80; ++round) {
    const Quantization next = changed(current, random);
    const std::vector<float> before = session->logits();
    const std::vector<float> tried = session->try_quantization(next);
    ASSERT_EQ(tried, afresh(next)) << "round " << round;
    ASSERT_EQ(session->logits(), before) << "a try keeps nothing";
    const auto first = static_cast<std::int64_t>(random.uniform_int(61)), count = static_cast<std::int64_t>(random.uniform_int(static_cast<std::uint64_t>(61 - first)));
    const std::int64_t classes = static_cast<std::int64_t>(tried.size()) / clips;
    ASSERT_EQ(session->try_quantization(next, first, count), std::vector<float>(tried.begin() + first * classes, tried.begin() + (first + count) * classes)) << first << ", " << count;
    ASSERT_EQ(session->quantization(), current);
    differing += tried != before;
    if (random.uniform() < 0.5) {
      session->commit(next);
      current = next;
      ASSERT_EQ(session->logits(), tried);
      ASSERT_EQ(session->quantization(), current);
    }
  }
  EXPECT_GT(differing, 30) << "the changes matter";
}

TEST_F(SearchSessionTest, EveryValueCanBeTriedAlone) {
  const Quantization start = test::full_quantization(graph);
  const auto session = engine().search_session(graph, start, inputs, clips);
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    for (const std::optional<QFormat>& format : {std::optional<QFormat>(), std::optional(QFormat{8, 3}), std::optional(QFormat{16, 10})}) {
      Quantization next = start;
      next.take(static_cast<ValueId>(i), {});
      if (format) next.set_format(static_cast<ValueId>(i), *format);
      ASSERT_EQ(session->try_quantization(next), afresh(next)) << graph.values[i].name;
    }
  }
}

}  // namespace
}  // namespace qmn
