// SPDX-License-Identifier: Apache-2.0
// A search that goes on from a file ends where the uninterrupted one ends.
#include "nets.h"
#include "support/temporary_folder.h"

#include "base/file.h"
#include "quantize/rule_formats.h"
#include "quantize/search.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

namespace qmn {
namespace {

struct Problem {
  Graph graph = testing::dense_net({20, 16, 6}, 3);
  FeatureSet clips;
  std::vector<float> reference;
  Quantization start;

  Problem() {
    Random random({9});
    clips.features_per_clip = 20;
    for (int clip = 0; clip < 260; ++clip) {
      for (int i = 0; i < 20; ++i) clips.features.push_back(static_cast<float>(random.normal() * (random.uniform() < 0.01 ? 20 : 1)));
      clips.labels.push_back(clip % 6);
      clips.clip_ids.push_back(clip);
    }
    const auto evaluator = engine().evaluator(graph, nullptr);
    reference = evaluator->run(clips.features, clips.row_count());
    const CalibrationMask mask(graph, clips, true);
    RangeObserver observer(graph, mask);
    evaluator->run_observed(clips.features, clips.row_count(), [&](ValueId id, std::span<const float> reals, std::int64_t first, std::int64_t count) { observer.observe(id, reals, first, count); });
    start = rule_formats(RangeRule::minmax, graph, quantize_parameters(graph, 8), observer);
  }

  struct End {
    Quantization wish;
    CalibrationScore score;
    std::int64_t evaluations = 0;
  };
  End search(ScoreBook* book) const {
    RangeSearch search({.graph = graph, .clips = clips, .reference = reference, .book = book}, start);
    descend_search(search, activation_groups(graph), {}, {.is_quiet = true});
    return {search.wish(), search.score(), search.evaluations()};
  }
};

/// The file with its first `share` of entries: as if the search had been killed there.
std::string cut(const std::string& text, double share) {
  std::istringstream lines(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  const auto kept = static_cast<std::size_t>(share * static_cast<double>(all.size() - 2));
  std::string result = all.front() + "\n";
  for (std::size_t i = 0; i < kept; ++i) result += all[1 + i] + "\n";
  return result + fmt::format("end {}\n", kept);
}

TEST(ScoreBook, AnInterruptedSearchGoesOnToTheSameEnd) {
  const Problem problem;
  const TemporaryFolder folder;
  const auto path = folder.path() / "q.onnx.search";
  const Problem::End whole = problem.search(nullptr);
  {
    ScoreBook book(path, "f");
    problem.search(&book);
    book.save();
  }
  const std::string text = read_file(path);
  for (const double share : {0.0, 0.3, 0.7, 1.0}) {
    write_file_atomic(path, cut(text, share));
    ScoreBook book(path, "f");
    EXPECT_FALSE(book.notice().empty());
    const Problem::End end = problem.search(&book);
    EXPECT_EQ(end.wish.formats, whole.wish.formats) << share;
    EXPECT_EQ(end.score.kl, whole.score.kl) << share;
    EXPECT_LE(end.evaluations, whole.evaluations);
    EXPECT_EQ(end.evaluations == 0, share == 1) << "all was measured before";
  }
}

TEST(ScoreBook, AStateOfAnotherSearchOrADamagedOneIsNotTaken) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "state";
  ScoreBook book(path, "a");
  book.add("key", {CalibrationScore{.kl = 0.1, .accuracy = 0.5, .cross_entropy = 0.7}});
  book.add("worse/key", {});
  book.save();
  const ScoreBook same(path, "a");
  EXPECT_EQ(same.taken_up(), 2u);
  EXPECT_EQ(same.find("key")->score->cross_entropy, 0.7);
  EXPECT_FALSE(same.find("worse/key")->score.has_value());
  EXPECT_EQ(same.find("other"), nullptr);
  EXPECT_EQ(ScoreBook(path, "b").taken_up(), 0u);
  const std::string text = read_file(path);
  for (const std::string& damaged : {text.substr(0, text.size() / 2), std::string("x"), std::string()}) {
    write_file_atomic(path, damaged);
    const ScoreBook broken(path, "a");
    EXPECT_EQ(broken.taken_up(), 0u) << damaged;
    EXPECT_NE(broken.notice().find("anew"), std::string::npos);
  }
  ScoreBook(path, "a").remove();
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace qmn
