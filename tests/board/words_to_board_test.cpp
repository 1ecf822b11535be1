// SPDX-License-Identifier: Apache-2.0
// From recordings to the board by flags alone: three words of one's own, clips of 0.8 s, windows of 30 ms every 10 ms, other coefficients. No
// constant anywhere assumes the ten classic words and one second.
#include "audio/wav.h"
#include "base/file.h"
#include "base/random.h"
#include "cli/run_qmn.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr std::size_t kClipSamples = 12800;  // 0.8 s

std::vector<float> tone(double hertz, Random& random) {
  const double step = 2 * 3.14159265 * hertz * random.uniform(0.9, 1.1) / 16000, volume = random.uniform(0.05, 0.3);
  std::vector<float> samples(kClipSamples);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(volume * std::sin(step * static_cast<double>(i)) + 0.01 * random.normal());
  return samples;
}

/// Three words and one that nobody wants, 40 clips of each, 8 for validation and 8 for testing.
void make_data(const fs::path& folder) {
  Random random({9});
  std::string validation, testing;
  for (const auto& [word, hertz] : {std::pair{"la", 300.0}, {"mi", 900.0}, {"ti", 2400.0}, {"other", 1500.0}}) {
    fs::create_directories(folder / word);
    for (int speaker = 0; speaker < 40; ++speaker) {
      const std::string name = fmt::format("{}/{:08x}_nohash_0.wav", word, speaker);
      write_wav(folder / name, tone(hertz, random), 16000);
      if (speaker % 5 == 1) validation += name + "\n";
      if (speaker % 5 == 3) testing += name + "\n";
    }
  }
  write_file_atomic(folder / "validation_list.txt", validation);
  write_file_atomic(folder / "testing_list.txt", testing);
}

class WordsToBoard : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(WordsToBoard, OtherWordsFramesAndClipLengthsNeedFlagsOnly) {
  if (!find_program("arm-none-eabi-gcc") || !find_program("qemu-system-arm")) GTEST_SKIP() << "needs arm-none-eabi-gcc and qemu-system-arm";
  const TemporaryFolder folder;
  ::setenv("QMN_CACHE_DIR", (folder.path() / "cache").c_str(), 1);
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  make_data(path("data"));

  std::vector<std::string> train{"train", "--data", path("data"), "--words", "la,mi,ti", "--clip_duration_ms", "800", "--window_size_ms", "30", "--window_stride_ms", "10",
                                 "--dct_coefficient_count", "12", "-o", path("kws.onnx"), "--steps", "150", "--eval_step_interval", "50", "--batch_size", "40", "--learning_rate", "0.01", "--json"};
  train.insert(train.end(), GetParam().begin(), GetParam().end());
  const ProcessResult trained = run_qmn(train);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto training = json_of(trained);
  EXPECT_EQ(training["labels"], (nlohmann::json{"_silence_", "_unknown_", "la", "mi", "ti"}));
  EXPECT_GE(training["validation_accuracy"].get<double>(), 0.9);

  const ProcessResult quantized = run_qmn({"quantize", path("kws.onnx"), "--data", path("data"), "-o", path("kws.q.onnx"), "--method", "minmax", "--json"});
  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  const auto info = json_of(run_qmn({"info", path("kws.q.onnx"), "--json"}));
  EXPECT_EQ(info["frames"], 78);  // 1 + (800 - 30) / 10
  EXPECT_EQ(info["input"]["shape"], (nlohmann::json{1, 1, 78, 12}));

  const ProcessResult exported = run_qmn({"export", path("kws.q.onnx"), "-o", path("firmware"), "--board", "mps2-an386"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const ProcessResult ran = run_qmn({"run", path("firmware"), "--data", path("data"), "--split", "testing", "--limit", "0", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  const auto run = json_of(ran);
  EXPECT_GE(run["clips"].size(), 24U);
  EXPECT_EQ(run["equal"].get<std::size_t>(), run["clips"].size());
  EXPECT_EQ(run["selftest_mismatches"], 0);
  EXPECT_EQ(run["hits"]["board"], run["hits"]["integer"]);
  EXPECT_GE(run["hits"]["board"].get<double>(), 0.85 * static_cast<double>(run["clips"].size()));
  ::unsetenv("QMN_CACHE_DIR");
}

INSTANTIATE_TEST_SUITE_P(Nets, WordsToBoard,
                         testing::Values(std::vector<std::string>{"--arch", "ds_cnn", "--size_info", "2", "8", "10", "4", "2", "2", "8", "3", "3", "1", "1"},
                                         std::vector<std::string>{"--arch", "gru", "--size_info", "1", "12"}),
                         [](const auto& info) { return info.param[1]; });

}  // namespace
}  // namespace qmn
