// SPDX-License-Identifier: Apache-2.0
// A try equals an evaluator that is built afresh with the changed formats, bit for bit.
#include "engine/engine.h"
#include "nets.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

Quantization changed(Quantization quantization, std::span<const SearchSession::Change> changes) {
  for (const auto& [id, format] : changes) {
    if (format) quantization.formats[id] = *format;
    else quantization.formats.erase(id);
  }
  return quantization;
}

class SearchSessionTest : public testing::Test {
 protected:
  std::vector<float> afresh(const Quantization& quantization) { return engine().evaluator(graph, &quantization)->run(inputs, clips); }

  std::vector<SearchSession::Change> draw_changes(Random& random) const {
    std::vector<SearchSession::Change> changes;
    for (std::uint64_t i = 0; i <= random.uniform_int(3); ++i) {
      const auto id = static_cast<ValueId>(random.uniform_int(graph.values.size()));
      if (random.uniform() < 0.2) changes.emplace_back(id, std::nullopt);
      else changes.emplace_back(id, QFormat{8, static_cast<int>(random.uniform_int(7)) + 1});
    }
    return changes;
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
    const std::vector<SearchSession::Change> changes = draw_changes(random);
    const Quantization next = changed(current, changes);
    const std::vector<float> before = session->logits();
    const std::vector<float> tried = session->try_changes(changes);
    ASSERT_EQ(tried, afresh(next)) << "round " << round;
    ASSERT_EQ(session->logits(), before) << "a try keeps nothing";
    ASSERT_EQ(session->quantization().formats, current.formats);
    differing += tried != before;
    if (random.uniform() < 0.5) {
      session->commit(changes);
      current = next;
      ASSERT_EQ(session->logits(), tried);
      ASSERT_EQ(session->quantization().formats, current.formats);
    }
  }
  EXPECT_GT(differing, 30) << "the changes matter";
}

TEST_F(SearchSessionTest, EveryValueCanBeTriedAlone) {
  const Quantization start = test::full_quantization(graph);
  const auto session = engine().search_session(graph, start, inputs, clips);
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    for (const std::optional<QFormat>& format : {std::optional<QFormat>(), std::optional(QFormat{8, 3}), std::optional(QFormat{16, 10})}) {
      const std::vector<SearchSession::Change> change{{static_cast<ValueId>(i), format}};
      ASSERT_EQ(session->try_changes(change), afresh(changed(start, change))) << graph.values[i].name;
    }
  }
}

}  // namespace
}  // namespace qmn
