// SPDX-License-Identifier: Apache-2.0
#include "data/summary.h"

#include "tiny_dataset.h"

namespace qmn {
namespace {

TEST_F(TinyDataset, ASummaryCountsWhatIsThere) {
  make();
  write("yes/t0_nohash_1.wav", test_sound(1, 8000));
  write("yes/t0_nohash_2.wav", test_sound(2, 24000));
  write("dog/t9_nohash_0.wav", test_sound(3, 8000), 8000);
  write("dog/v0_nohash_9.wav", test_sound(4));  // v0 in training too
  write_text("no/t0_nohash_7.wav", "text");
  settings_.wanted_words = {"yes", "no", "bananas"};
  const DatasetSummary summary = summarize(settings_, 16000, 16000, true);

  ASSERT_EQ(summary.words.size(), 4u);
  EXPECT_EQ(summary.words[0].name, "cat");
  EXPECT_FALSE(summary.words[0].is_wanted);
  EXPECT_EQ(summary.words[0].clips, (SplitCounts{6, 3, 3}));
  EXPECT_EQ(summary.words[2].name, "no");
  EXPECT_TRUE(summary.words[2].is_wanted);
  EXPECT_EQ(summary.words[2].clips, (SplitCounts{7, 3, 3}));
  EXPECT_EQ(summary.words[2].broken_count, 1);
  EXPECT_EQ(summary.words[2].clip_count(), 13);
  EXPECT_EQ(summary.missing_words, (std::vector<std::string>{"bananas"}));
  EXPECT_EQ(summary.clips, (SplitCounts{29, 12, 12}));
  EXPECT_EQ(summary.speakers, (SplitCounts{8, 3, 3}));  // t0…t5, t9, v0
  EXPECT_EQ(summary.shared_speaker_count, 1);
  EXPECT_TRUE(summary.has_split_lists);
  EXPECT_EQ(summary.sample_rates, (std::map<int, std::int64_t>{{8000, 1}, {16000, 51}}));
  EXPECT_EQ(summary.channels, (std::map<int, std::int64_t>{{1, 52}}));
  EXPECT_EQ(summary.shorter_count, 1);
  EXPECT_EQ(summary.longer_count, 1);
  EXPECT_DOUBLE_EQ(summary.shortest_seconds, 0.5);
  EXPECT_DOUBLE_EQ(summary.longest_seconds, 1.5);
  EXPECT_NEAR(summary.total_seconds, 52.0, 1e-9);
  EXPECT_EQ(summary.broken_count, 1);
  ASSERT_EQ(summary.broken_examples.size(), 1u);
  EXPECT_NE(summary.broken_examples[0].find("no/t0_nohash_7.wav"), std::string::npos);
  EXPECT_EQ(summary.background_count, 2);
  EXPECT_DOUBLE_EQ(summary.background_seconds, 45000.0 / 16000.0);
}

TEST_F(TinyDataset, AStrictSummaryNamesTheFirstFileThatIsNotAsItShouldBe) {
  make();
  settings_.is_strict = true;
  EXPECT_EQ(summarize(settings_, 16000, 16000, true).broken_count, 0);
  write("yes/t0_nohash_0.wav", test_sound(1, 8000), 8000);
  EXPECT_NE(error_of([&] { summarize(settings_, 16000, 16000, true); }).find("yes/t0_nohash_0.wav"), std::string::npos);
  write_text("cat/t0_nohash_0.wav", "text");
  EXPECT_NE(error_of([&] { summarize(settings_, 16000, 16000, true); }).find("cat/t0_nohash_0.wav"), std::string::npos);
}

}  // namespace
}  // namespace qmn
