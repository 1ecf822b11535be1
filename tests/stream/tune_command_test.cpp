// SPDX-License-Identifier: Apache-2.0
// qmn tune as a user runs it: what it stores, what it leaves alone, streams that come back as a recording of one's own, and wrong command lines.
#include "base/file.h"
#include "board/hand_quantized.h"
#include "cli/run_qmn.h"
#include "formats/onnx_format.h"
#include "support/temporary_folder.h"
#include "support/tone_dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace fs = std::filesystem;

namespace qmn {
namespace {

class Tune : public testing::Test {
 protected:
  void SetUp() override {
    make_tone_dataset(folder_.path() / "data");
    write_model(hand_quantized("dnn", {12, 9}, {"_silence_", "_unknown_", "low", "high"}), path("kws.q.onnx"));
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  ProcessResult tune(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"tune", path("kws.q.onnx"), "--data", path("data"), "--minutes", "1", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_qmn(arguments);
  }
  TemporaryFolder folder_;
};

TEST_F(Tune, StoresWhatItChoseAndTheDefaultsOfListenAndExportFollow) {
  const std::string before = read_file(path("kws.q.onnx"));
  const auto result = json_of(tune({"-o", path("tuned.q.onnx"), "--false_accepts_per_hour", "120", "--plot", path("curve.svg")}));
  EXPECT_EQ(read_file(path("kws.q.onnx")), before);
  EXPECT_TRUE(read_file(path("curve.svg")).starts_with("<svg "));
  const Model tuned = read_model(path("tuned.q.onnx"));
  ASSERT_TRUE(tuned.metadata.operating_point);
  EXPECT_EQ(tuned.metadata.operating_point->thresholds.at(0), 0) << "_silence_";
  EXPECT_GT(tuned.metadata.operating_point->thresholds.at(2), 0);
  EXPECT_NE(tuned.metadata.notes.at("tune").find("validation, 1 min"), std::string::npos);
  EXPECT_EQ(result["words"].size(), 2U);
  EXPECT_EQ(result["words"]["low"]["curve"].size(), 127U);
  EXPECT_TRUE(!result["within_target"].get<bool>() || result["chosen_on"]["false_accepts"] <= 2);
  const ProcessResult heard = run_qmn({"listen", path("tuned.q.onnx"), path("data/low/s0_nohash_0.wav"), "--json", "--quiet"});
  EXPECT_EQ(json_of(heard)["point"], result["point"]) << heard.out << heard.err;
  ASSERT_EQ(run_qmn({"export", path("tuned.q.onnx"), "-o", path("net"), "--board", "none"}).exit_code, 0);
  EXPECT_NE(read_file(path("net/qmn_kws.c")).find(fmt::format("qmn_kws_thresholds[QMN_NET_CLASS_COUNT] = {{{}}}", fmt::join(tuned.metadata.operating_point->thresholds, ", "))), std::string::npos);
  ASSERT_EQ(tune({}).exit_code, 0);
  EXPECT_TRUE(read_model(path("kws.q.onnx")).metadata.operating_point) << "without -o the model itself";
}

TEST_F(Tune, AWrittenStreamIsARecordingOfOnesOwn) {
  const std::string before = read_file(path("kws.q.onnx"));
  const auto made = json_of(tune({"--dry_run", "--write_stream", path("streams")}));
  EXPECT_EQ(read_file(path("kws.q.onnx")), before);
  EXPECT_EQ(made["stored"], false);
  const std::string audio = path("streams/testing.wav"), truth = path("streams/testing.csv");
  ASSERT_TRUE(fs::exists(path("streams/validation.csv")));
  const auto own = json_of(run_qmn({"tune", path("kws.q.onnx"), "--audio", audio, "--truth", truth, "--dry_run", "--json"}));
  const auto spoken = [](const nlohmann::json& json, const char* stream) { return json[stream]["spoken"].get<int>(); };
  EXPECT_EQ(spoken(own, "chosen_on") + spoken(own, "test"), spoken(made, "test"));
  EXPECT_DOUBLE_EQ(own["hours"].get<double>(), 0.5 / 60);
}

TEST_F(Tune, GivenSettingsAreKept) {
  const auto point = json_of(tune({"--dry_run", "--smoothing", "7", "--rest_ms", "440", "--interval_ms", "80"}))["point"];
  EXPECT_EQ(point["smoothing"], 7);
  EXPECT_EQ(point["rest_ms"], 440);
  EXPECT_EQ(point["interval_ms"], 80);
}

TEST_F(Tune, WrongInputsAreOneLineAndStoreNothing) {
  const std::string before = read_file(path("kws.q.onnx")), kws = path("kws.q.onnx");
  write_file_atomic(path("strangers.csv"), "maybe,1,2\n");
  write_file_atomic(path("late.csv"), "low,0.1,0.2\nlow,5,6\n");
  const std::string clip = path("data/low/s0_nohash_0.wav");
  const auto tune_plain = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"tune", kws});
    return run_qmn(more);
  };
  expect_error(tune_plain({"--data", path("nowhere")}), 1, "no such folder");
  expect_error(tune_plain({"--data", path("data"), "--words", "low,maybe"}), 2, "--words");
  expect_error(tune_plain({"--data", path("data"), "--minutes", "0"}), 2, "--minutes");
  expect_error(tune_plain({"--data", path("data"), "--false_accepts_per_hour", "-1"}), 2, "--false_accepts_per_hour");
  expect_error(tune_plain({"--data", path("data"), "--tolerance_ms", "nan"}), 2, "--tolerance_ms");
  expect_error(tune_plain({"--data", path("data"), "--threshold", "0.5"}), 2, "is what qmn tune chooses");
  expect_error(tune_plain({"--data", path("data"), "--dry_run", "-o", path("x.onnx")}), 2, "--dry_run");
  expect_error(tune_plain({"--audio", clip}), 2, "--audio and --truth go together");
  expect_error(tune_plain({"--audio", clip, "--truth", path("late.csv"), "--minutes", "3"}), 2, "takes no --data");
  expect_error(tune_plain({"--audio", clip, "--truth", path("strangers.csv")}), 1, "none of the words that the model knows");
  expect_error(tune_plain({"--audio", clip, "--truth", path("late.csv")}), 1, "is only 1.00 s long");
  expect_error(tune_plain({"--audio", clip, "--truth", path("none.csv")}), 1, "none.csv");
  expect_error(run_qmn({"tune", folder_.path().string(), "--data", path("data")}), 2, "is a folder");
  EXPECT_EQ(read_file(kws), before);
}

}  // namespace
}  // namespace qmn
