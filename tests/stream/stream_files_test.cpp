// SPDX-License-Identifier: Apache-2.0
// Truth files, and streams made from a data set: what the truth names is what the samples hold.
#include "stream/make_stream.h"
#include "stream/scored_stream.h"

#include "audio/wav.h"
#include "base/file.h"
#include "base/random.h"
#include "board/hand_quantized.h"
#include "data/clip_files.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "stream/host_spotter.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "support/tone_dataset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace qmn {
namespace {

TEST(Truth, ReadsWhatItWritesInTheOrderOfTime) {
  const std::vector<SpokenWord> words{{"yes", 0.25, 1.25}, {"on, off", 3, 3.5}};
  EXPECT_EQ(parse_truth("word,start,end\n\"on, off\",3,3.5\r\nyes, 0.25 ,1.25\n", "t"), words);
  EXPECT_EQ(parse_truth(truth_text({words[0]}), "t"), (std::vector<SpokenWord>{words[0]}));
}

TEST(Truth, WrongLinesAreNamed) {
  const auto wrong = [](const char* text, const char* part) { testing::expect_error(ErrorKind::data, {"t.csv", part}, [&] { parse_truth(text, "t.csv"); }); };
  wrong("", "holds no word");
  wrong("word,start,end\n", "holds no word");
  wrong("yes,1\n", "t.csv:1: 2 fields");
  wrong("yes,1,2\nno,1,x\n", "t.csv:2: 'x' is no time");
  wrong("yes,-1,2\n", "'-1' is no time");
  wrong("yes,nan,2\n", "'nan' is no time");
  wrong("yes,1e999,2\n", "is no time");
  wrong("yes,3,2\n", "before it starts");
  wrong(",1,2\n", "the word is empty");
}

TEST(MakeStream, PutsTheClipsOfTheSplitWhereTheTruthSays) {
  const TemporaryFolder folder;
  const Dataset dataset = make_tone_dataset(folder.path());
  const FrontEndSettings front_end;
  StreamSettings settings{.seconds = 60, .noise_volume = 0, .seed = 3};
  const MadeStream made = make_stream(dataset, Split::validation, front_end, settings);
  EXPECT_EQ(made.samples.size(), 60U * 16000U);
  ASSERT_GT(made.truth.size(), 20U);
  std::set<std::vector<std::int16_t>> clips, heard;
  for (const Clip& clip : dataset.validation) {
    if (!clip.path.empty()) clips.insert(read_clip_file(clip.path, 16000).samples);
  }
  double last_end = 0;
  for (const SpokenWord& spoken : made.truth) {
    const auto first = made.samples.begin() + std::lround(spoken.start * 16000);
    const std::vector<std::int16_t> samples(first, first + std::lround((spoken.end - spoken.start) * 16000));
    EXPECT_TRUE(clips.contains(samples)) << spoken.word << " at " << spoken.start;
    heard.insert(samples);
    EXPECT_GE(spoken.start - last_end, settings.shortest_pause - 1e-3);
    EXPECT_LE(spoken.start - last_end, settings.longest_pause + 1e-3);
    last_end = spoken.end;
  }
  EXPECT_EQ(heard.size(), clips.size()) << "every clip before any comes again";
  EXPECT_EQ(made.samples, make_stream(dataset, Split::validation, front_end, settings).samples);
  settings.seed = 4;
  EXPECT_NE(made.truth, make_stream(dataset, Split::validation, front_end, settings).truth);
}

TEST(MakeStream, SettingsOutOfRangeAreNamed) {
  const TemporaryFolder folder;
  const Dataset dataset = make_tone_dataset(folder.path());
  const auto wrong = [&](const StreamSettings& settings, const char* flag) { testing::expect_error(ErrorKind::usage, {flag}, [&] { make_stream(dataset, Split::testing, {}, settings); }); };
  wrong({.seconds = 9}, "--minutes");
  wrong({.seconds = std::nan("")}, "--minutes");
  wrong({.word_share = 0}, "--word_share");
  wrong({.noise_volume = 1.5}, "--noise_volume");
}

TEST(ScoreStream, EqualsOneSpotterOverTheWholeStream) {
  const Program program = lower(hand_quantized("dnn", {12, 9}, {"_silence_", "_unknown_", "yes", "no"}));
  const Simulator simulator(program, plan_memory(program, KernelVariant::ref));
  Random random({5});
  std::vector<std::int16_t> samples(400'000);
  for (std::int16_t& sample : samples) sample = static_cast<std::int16_t>(random.uniform(-9000, 9000));
  for (const int interval : {1, 3}) {  // 600 and 200 runs: several tasks, and one
    const ScoredStream stream = score_stream(program, simulator, interval, samples, {{"no", 1, 2}, {"stranger", 3, 4}, {"_unknown_", 5, 6}});
    HostSpotter spotter(program, simulator, {interval, 1, 0, {0, 0, 0, 0}});
    std::vector<std::int8_t> scores;
    std::vector<std::uint32_t> frames;
    spotter.push(samples, [&](std::uint32_t frame, const Simulator::Result& result) {
      frames.push_back(frame);
      scores.insert(scores.end(), result.scores.begin(), result.scores.end());
    });
    EXPECT_EQ(stream.frames, frames);
    EXPECT_EQ(stream.scores, scores);
    EXPECT_EQ(stream.run_count(), run_count_of(samples.size(), program.metadata.front_end, interval));
    ASSERT_EQ(stream.truth.size(), 1U);
    EXPECT_EQ(stream.truth[0].word, 3);
  }
  EXPECT_EQ(run_count_of(0, program.metadata.front_end, 1), 0U);
  EXPECT_EQ(run_count_of(15'999, program.metadata.front_end, 1), 0U);
  EXPECT_EQ(run_count_of(16'000, program.metadata.front_end, 1), 1U);
}

}  // namespace
}  // namespace qmn
