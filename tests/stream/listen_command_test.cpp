// SPDX-License-Identifier: Apache-2.0
// qmn listen as a user runs it: lines and objects, stored and given settings, other sound files, and every wrong command line.
#include "audio/wav.h"
#include "base/file.h"
#include "base/random.h"
#include "board/hand_quantized.h"
#include "cli/run_qmn.h"
#include "formats/onnx_format.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <sstream>
#include <thread>

namespace fs = std::filesystem;

namespace qmn {
namespace {

/// A net without training, whose scores of noise pass low thresholds now and then; 12 s of noise.
class Listen : public testing::Test {
 protected:
  void SetUp() override {
    write_model(net(), path("kws.q.onnx"));
    Random random({4});
    std::vector<float> samples(12 * 16000);
    double amplitude = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (i % 8000 == 0) amplitude = std::exp(random.uniform(-6, -1));
      samples[i] = static_cast<float>(random.uniform(-amplitude, amplitude));
    }
    write_wav(path("noise.wav"), samples, 16000);
  }
  static Model net() { return hand_quantized("dnn", {12, 9}, {"_silence_", "_unknown_", "yes", "no"}); }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  ProcessResult listen(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"listen", path("kws.q.onnx"), path("noise.wav"), "--threshold", "0.2", "--rest_ms", "400"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_qmn(arguments);
  }
  static std::vector<nlohmann::json> objects_of(const ProcessResult& result) {
    std::vector<nlohmann::json> objects;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) objects.push_back(nlohmann::json::parse(line));
    return objects;
  }

  TemporaryFolder folder_;
};

TEST_F(Listen, PrintsTimeWordAndScore) {
  const ProcessResult plain = listen({}), json = listen({"--json"});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_NE(plain.err.find("every 120 ms, mean of 3, rest 400 ms; threshold 0.20"), std::string::npos) << plain.err;  // the net's hop is 40 ms
  auto objects = objects_of(json);
  ASSERT_GT(objects.size(), 3U) << "the test hears next to nothing";
  EXPECT_EQ(objects.back()["detections"], objects.size() - 1);
  EXPECT_DOUBLE_EQ(objects.back()["seconds"].get<double>(), 12);
  EXPECT_EQ(objects.back()["frames"], 300);
  EXPECT_EQ(objects.back()["runs"], 1 + (300 - 25) / 3);
  objects.pop_back();
  std::string lines;
  for (const auto& object : objects) {
    lines += fmt::format("{:.2f} {} {:.2f}\n", object["time"].get<double>(), object["word"].get<std::string>(), object["score"].get<double>());
    EXPECT_GE(object["score"].get<double>(), 0.2);
    EXPECT_DOUBLE_EQ(object["time"].get<double>(), (object["frame"].get<double>() * 640 + 640) / 16000);
  }
  EXPECT_EQ(plain.out, lines);
}

TEST_F(Listen, StoredSettingsAreTheDefaultsAndFlagsChangeThem) {
  Model model = net();
  model.metadata.operating_point = OperatingPoint{.interval_frames = 2, .smoothing_count = 5, .rest_frames = 10, .thresholds = {0, 0, 30, 0}};
  write_model(model, path("tuned.q.onnx"));
  const auto stored = objects_of(run_qmn({"listen", path("tuned.q.onnx"), path("noise.wav"), "--json"})).back()["point"];
  EXPECT_EQ(stored, nlohmann::json::parse(R"({"interval_ms": 80.0, "smoothing": 5, "rest_ms": 400.0, "thresholds": {"yes": 0.234375}})"));
  const auto given = objects_of(run_qmn({"listen", path("tuned.q.onnx"), path("noise.wav"), "--json", "--interval", "200", "--threshold", "no=0.5"})).back()["point"];
  EXPECT_EQ(given, nlohmann::json::parse(R"({"interval_ms": 200.0, "smoothing": 5, "rest_ms": 400.0, "thresholds": {"yes": 0.234375, "no": 0.5}})"));
  ASSERT_EQ(run_qmn({"export", path("tuned.q.onnx"), "-o", path("firmware"), "--board", "none", "--smoothing", "4"}).exit_code, 0);
  const auto exported = objects_of(run_qmn({"listen", path("firmware"), path("noise.wav"), "--json"})).back()["point"];
  EXPECT_EQ(exported, nlohmann::json::parse(R"({"interval_ms": 80.0, "smoothing": 4, "rest_ms": 400.0, "thresholds": {"yes": 0.234375}})"));
}

TEST_F(Listen, OtherRatesAndChannelsAreConvertedAsElsewhere) {
  std::vector<float> wide = read_audio(path("noise.wav"), 44100).samples;
  write_wav(path("wide.wav"), wide, 44100);
  write_wav(path("back.wav"), read_audio(path("wide.wav"), 16000).samples, 16000);
  const auto list = [&](const std::string& file) { return run_qmn({"listen", path("kws.q.onnx"), path(file), "--threshold", "0.2", "--plain"}); };
  const ProcessResult converted = list("wide.wav");
  EXPECT_NE(converted.err.find("has 1 channels at 44100 Hz, converted"), std::string::npos) << converted.err;
  EXPECT_FALSE(converted.out.empty());
  EXPECT_EQ(converted.out, list("back.wav").out);
}

TEST_F(Listen, WrongInputsAreOneLine) {
  Model model = net();
  model.quantization.reset();
  write_model(model, path("float.onnx"));
  write_file_atomic(path("text.wav"), "no sound");
  write_file_atomic(path("empty.wav"), "");
  const std::string kws = path("kws.q.onnx"), noise = path("noise.wav");
  expect_error(run_qmn({"listen", kws, path("none.wav")}), 1, "none.wav: no such file");
  expect_error(run_qmn({"listen", kws, folder_.path().string()}), 1, "is a folder");
  expect_error(run_qmn({"listen", kws, path("text.wav")}), 1, "text.wav: is no sound file");
  expect_error(run_qmn({"listen", kws, path("empty.wav")}), 1, "empty.wav: is no sound file");
  expect_error(run_qmn({"listen", path("none.onnx"), noise}), 1, "none.onnx");
  expect_error(run_qmn({"listen", path("float.onnx"), noise}), 1, "quantize it first");
  expect_error(run_qmn({"listen", folder_.path().string(), noise}), 1, "holds no exported firmware");
  expect_error(run_qmn({"listen", kws, noise, "--threshold", "1"}), 2, "between 0 and 1");
  expect_error(run_qmn({"listen", kws, noise, "--threshold", "yes=0.5,maybe=0.4"}), 2, "knows no such word");
  expect_error(run_qmn({"listen", kws, noise, "--threshold", "high"}), 2, "is no number");
  expect_error(run_qmn({"listen", kws, noise, "--smoothing", "0"}), 2, "between 1 and 255");
  expect_error(run_qmn({"listen", kws, noise, "--interval_ms", "nan"}), 2, "--interval_ms");
  expect_error(run_qmn({"listen", kws, noise, "--rest_ms", "-1"}), 2, "--rest_ms");
  expect_error(run_qmn({"listen", kws, noise, "--device", "usb"}), 2, "goes with the source mic");
  expect_error(run_qmn({"listen", kws, "mic", "--device", "no such microphone"}), 1, "mic: ");
}

TEST_F(Listen, AnInterruptEndsWithTheSummary) {
  int out[2];
  ASSERT_EQ(::pipe(out), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDERR_FILENO);
    ::close(out[0]);
    ::execl(QMN_PROGRAM, QMN_PROGRAM, "listen", path("kws.q.onnx").c_str(), path("noise.wav").c_str(), "--real_time", "--plain", nullptr);
    ::_exit(127);
  }
  ::close(out[1]);
  std::string text;
  char letter = 0;
  bool is_sent = false;
  while (::read(out[0], &letter, 1) == 1) {
    text += letter;
    if (letter == '\n' && !is_sent) {  // it says its settings, then listens for 12 s
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      ::kill(child, SIGINT);
      is_sent = true;
    }
  }
  ::close(out[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status << text;
  const std::size_t at = text.find(" words in ");
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_LT(std::stod(text.substr(at + 10)), 11.0) << "it played to the end: " << text;
}

}  // namespace
}  // namespace qmn
