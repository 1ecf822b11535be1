// SPDX-License-Identifier: Apache-2.0
// qmn data info and qmn data synth, end to end.
#include "run_qmn.h"
#include "audio/wav.h"
#include "base/file.h"
#include "support/temporary_folder.h"

#include <cmath>
#include <filesystem>
#include <map>

namespace fs = std::filesystem;

namespace qmn {
namespace {

class DataInfo : public testing::Test {
 protected:
  void write_clip(const std::string& name, int sample_rate_hz = 16000) {
    std::vector<float> samples(static_cast<std::size_t>(sample_rate_hz));
    for (std::size_t at = 0; at < samples.size(); ++at) samples[at] = static_cast<float>(0.3 * std::sin(0.1 * static_cast<double>(at)));
    fs::create_directories((folder_ / name).parent_path());
    write_wav(folder_ / name, samples, sample_rate_hz);
  }
  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "words";
};

TEST_F(DataInfo, CountsWordsAndSplits) {
  for (int speaker = 0; speaker < 3; ++speaker) {
    write_clip("yes/0000000" + std::to_string(speaker) + "_nohash_0.wav");
    write_clip("no/0000000" + std::to_string(speaker) + "_nohash_0.wav");
  }
  write_file_atomic(folder_ / "validation_list.txt", "yes/00000001_nohash_0.wav\nno/00000001_nohash_0.wav\n");
  write_file_atomic(folder_ / "testing_list.txt", "yes/00000002_nohash_0.wav\nno/00000002_nohash_0.wav\n");
  const ProcessResult text = run_qmn({"data", "info", folder_.string(), "-q"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_NE(text.out.find("yes              1           1        1      3       -"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("16000 Hz (6); 1 channel (6)"), std::string::npos) << text.out;

  const auto object = json_of(run_qmn({"data", "info", folder_.string(), "--json"}));
  EXPECT_EQ(object.at("clips"), (nlohmann::json{{"training", 2}, {"validation", 2}, {"testing", 2}}));
  EXPECT_EQ(object.at("words").size(), 2u);
  EXPECT_EQ(object.at("split_by"), "lists");
  EXPECT_EQ(object.at("broken"), 0);
}

TEST_F(DataInfo, AMissingFolderIsNamed) { expect_error(run_qmn({"data", "info", folder_.string()}), 1, folder_.string()); }

TEST_F(DataInfo, AnEmptyFolderIsNamed) {
  fs::create_directory(folder_);
  expect_error(run_qmn({"data", "info", folder_.string()}), 1, folder_.string());
}

TEST_F(DataInfo, AFileInPlaceOfTheFolderIsNamed) {
  write_file_atomic(folder_, "no folder");
  expect_error(run_qmn({"data", "info", folder_.string()}), 1, folder_.string());
}

TEST_F(DataInfo, ATextFileNamedWavIsCountedAndUnderStrictRefused) {
  write_clip("yes/00000001_nohash_0.wav");
  write_file_atomic(folder_ / "yes/00000002_nohash_0.wav", "this is text, not sound");
  const auto object = json_of(run_qmn({"data", "info", folder_.string(), "--json"}));
  EXPECT_EQ(object.at("broken"), 1);
  EXPECT_NE(object.at("broken_examples").at(0).get<std::string>().find("00000002_nohash_0.wav"), std::string::npos);
  const ProcessResult text = run_qmn({"data", "info", folder_.string()});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("broken       1 file"), std::string::npos) << text.out;
  expect_error(run_qmn({"data", "info", folder_.string(), "--strict", "-q"}), 1, "00000002_nohash_0.wav");
}

TEST_F(DataInfo, AnotherSampleRateIsCountedAndUnderStrictRefused) {
  write_clip("yes/00000001_nohash_0.wav");
  write_clip("yes/00000002_nohash_0.wav", 8000);
  const auto object = json_of(run_qmn({"data", "info", folder_.string(), "--json"}));
  EXPECT_EQ(object.at("sample_rates_hz"), (nlohmann::json{{"16000", 1}, {"8000", 1}}));
  expect_error(run_qmn({"data", "info", folder_.string(), "--strict", "-q"}), 1, "its sample rate is not 16000 Hz");
}

TEST_F(DataInfo, AWordWithoutClipsIsShownAsMissing) {
  write_clip("yes/00000001_nohash_0.wav");
  const auto object = json_of(run_qmn({"data", "info", folder_.string(), "--words", "yes,zebra", "--json"}));
  EXPECT_EQ(object.at("missing_words"), nlohmann::json({"zebra"}));
}

TEST_F(DataInfo, RefusesFlagsWithoutMeaning) {
  write_clip("yes/00000001_nohash_0.wav");
  expect_error(run_qmn({"data", "info", folder_.string(), "--words", "yes,,no"}), 2, "--words: an empty item");
  expect_error(run_qmn({"data", "info", folder_.string(), "--words", "yes,yes"}), 2, "'yes' is listed twice");
  expect_error(run_qmn({"data", "info", folder_.string(), "--words", "_silence_"}), 2, "_silence_");
  expect_error(run_qmn({"data", "info", folder_.string(), "--validation_percentage", "60", "--testing_percentage", "40"}), 2,
               "--validation_percentage");
  expect_error(run_qmn({"data", "info", folder_.string(), "--silence_percentage", "-1"}), 2, "--silence_percentage");
  expect_error(run_qmn({"data", "info", folder_.string(), "--sample_rate", "0"}), 2, "--sample_rate");
}

class DataSynth : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("espeak-ng") && !find_program("flite")) GTEST_SKIP() << "no speech engine is installed";
  }
  std::vector<std::string> command(const std::string& folder) const {
    return {"data",
            "synth",
            (temporary_.path() / folder).string(),
            "--words",
            "yes,hey computer",
            "--clips_per_word",
            "6",
            "--unknown_words",
            "cat",
            "--clips_per_unknown_word",
            "3",
            "--background_seconds",
            "1",
            "--json",
            "-q"};
  }
  std::map<std::string, std::string> files_of(const std::string& folder) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(temporary_.path() / folder)) {
      if (entry.is_regular_file()) files[fs::relative(entry.path(), temporary_.path() / folder).string()] = read_file(entry.path());
    }
    return files;
  }
  TemporaryFolder temporary_;
};

TEST_F(DataSynth, IsReproducibleAndReadBackByInfo) {
  const auto report = json_of(run_qmn(command("first")));
  EXPECT_EQ(report.at("clips"), 15);
  EXPECT_EQ(report.at("failed"), 0);
  json_of(run_qmn(command("second")));
  const auto first = files_of("first");
  EXPECT_EQ(first.size(), 15u + 4 + 3);
  EXPECT_TRUE(first == files_of("second"));

  const auto info = json_of(run_qmn({"data", "info", (temporary_.path() / "first").string(), "--strict", "--json"}));
  EXPECT_EQ(info.at("clips"), (nlohmann::json{{"training", 9}, {"validation", 3}, {"testing", 3}}));
  EXPECT_EQ(info.at("shared_speakers"), 0);
  EXPECT_EQ(info.at("sample_rates_hz"), (nlohmann::json{{"16000", 15}}));
  EXPECT_EQ(info.at("background").at("files"), 4);
}

TEST_F(DataSynth, RefusesAWordThatIsNoFolderName) {
  auto arguments = command("words");
  arguments[4] = "yes,a/b";
  const ProcessResult result = run_qmn(arguments);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(json_of(result).at("error").get<std::string>().find("a/b"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(temporary_.path()));
}

TEST_F(DataSynth, WhereItCannotWriteItSaysSo) {
  auto arguments = command("words");
  arguments[2] = "/proc/qmn-words";
  const ProcessResult result = run_qmn(arguments);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(json_of(result).at("error").get<std::string>().find("/proc/qmn-words"), std::string::npos);
}

TEST_F(DataSynth, ADiskThatRefusesToTakeMoreIsNotBlamedOnTheSpeechEngine) {
  const fs::path folder = temporary_.path() / "words";
  // A limit of 4 KB a file, with its signal ignored, makes writes fail as a full disk does.
  const ProcessResult result = run_process(
      {"/bin/sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" data synth \"$1\" --words yes -q", QMN_PROGRAM, folder.string()});
  expect_error(result, 1, "cannot write");
  EXPECT_TRUE(fs::is_empty(temporary_.path()));
}

}  // namespace
}  // namespace qmn
