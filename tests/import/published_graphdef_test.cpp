// SPDX-License-Identifier: Apache-2.0
// The published keyword models, from the bytes of real recordings to logits, against an independent evaluation of the same files.
// Skipped without QMN_MODELS, QMN_ORACLE and QMN_SPEECH_COMMANDS.
#include "audio/wav.h"
#include "base/subprocess.h"
#include "frontend/mfcc.h"
#include "import/foreign.h"
#include "import/import.h"
#include "import/numbers_file.h"
#include "support/reference_interpreter.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPython = "/usr/bin/python3";
constexpr std::size_t kClipCount = 100;

/// The first clips, by name, of every word in turn.
std::vector<std::string> some_clips(const fs::path& folder) {
  std::vector<std::vector<std::string>> by_word;
  std::vector<fs::path> words;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && !entry.path().filename().string().starts_with('_')) words.push_back(entry.path());
  }
  std::sort(words.begin(), words.end());
  for (const fs::path& word : words) {
    std::vector<std::string> clips;
    for (const auto& entry : fs::directory_iterator(word)) {
      if (entry.path().extension() == ".wav") clips.push_back(entry.path().string());
    }
    std::sort(clips.begin(), clips.end());
    by_word.push_back(std::move(clips));
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; out.size() < kClipCount && i < kClipCount; ++i) {
    for (const auto& clips : by_word) {
      if (i < clips.size() && out.size() < kClipCount) out.push_back(clips[i]);
    }
  }
  return out;
}

class PublishedGraphDef : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const auto& [variable, path] : {std::pair{"QMN_MODELS", &models_}, {"QMN_ORACLE", &oracle_}, {"QMN_SPEECH_COMMANDS", &recordings_}}) {
      const char* found = std::getenv(variable);
      if (found == nullptr || !fs::is_directory(found)) GTEST_SKIP() << variable << " names no folder";
      *path = found;
    }
    if (run_process({kPython, "-c", "import numpy"}).exit_code != 0) GTEST_SKIP() << "no numpy for " << kPython << " (apt install python3-numpy)";
  }

  std::vector<float> expected_logits(const std::string& model, const std::vector<std::string>& clips) {
    const std::string out = (folder_.path() / "logits").string();
    std::vector<std::string> command{kPython, QMN_PB_LOGITS, oracle_.string(), model, out};
    command.insert(command.end(), clips.begin(), clips.end());
    const ProcessResult result = run_process(command);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return read_numbers(out);
  }

  fs::path models_, oracle_, recordings_;
  const TemporaryFolder folder_;
};

TEST_P(PublishedGraphDef, LogitsOfRealClipsAgreeWithAnIndependentEvaluation) {
  const fs::path path = models_ / GetParam();
  Imported imported = import_file(path);
  ASSERT_TRUE(imported.has_front_end);
  const Model model = prepare_model(std::move(imported.model));
  const std::vector<std::string> clips = some_clips(recordings_);
  ASSERT_EQ(clips.size(), kClipCount);
  const std::vector<float> expected = expected_logits(path.string(), clips);
  const auto classes = static_cast<std::size_t>(element_count(model.graph.shape(model.graph.output)));
  ASSERT_EQ(expected.size(), clips.size() * classes);
  const Mfcc mfcc(model.metadata.front_end);
  double worst = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const reference::Reals logits = reference::run(model.graph, mfcc.features(read_audio(clips[i], model.metadata.front_end.sample_rate_hz).samples));
    for (std::size_t c = 0; c < classes; ++c) worst = std::max(worst, std::abs(logits[c] - static_cast<double>(expected[i * classes + c])));
  }
  RecordProperty("worst_difference", std::to_string(worst));
  EXPECT_LT(worst, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Models, PublishedGraphDef, ::testing::Values("DNN_S.pb", "CNN_S.pb", "DS_CNN_S.pb", "Basic_LSTM_S.pb", "LSTM_S.pb", "GRU_S.pb", "CRNN_S.pb"),
                         [](const auto& test) { return std::string(test.param).substr(0, std::string_view(test.param).find('.')); });

}  // namespace
}  // namespace qmn
