// SPDX-License-Identifier: Apache-2.0
// From samples on, as a user runs it, on a core of each kind: every feature, tensor, logit, score and label of clips, and every run and word
// of a stream, equal the host's.
#include "audio/wav.h"
#include "base/file.h"
#include "base/random.h"
#include "board/hand_quantized.h"
#include "cli/run_qmn.h"
#include "formats/onnx_format.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

namespace qmn {
namespace {

std::vector<float> noise(double seconds, std::uint64_t seed) {
  Random random({seed, 4});
  std::vector<float> samples(static_cast<std::size_t>(seconds * 16000));
  double amplitude = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i % 5000 == 0) amplitude = std::exp(random.uniform(-7, -0.1));
    samples[i] = static_cast<float>(random.uniform(-amplitude, amplitude));
  }
  return samples;
}

class SoundBoards : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const bool needs_tools = GetParam() != "host";
    if (needs_tools && !(find_program("arm-none-eabi-gcc") && find_program("qemu-system-arm"))) GTEST_SKIP() << "needs arm-none-eabi-gcc and qemu-system-arm";
    write_model(hand_quantized("ds_cnn", {2, 8, 10, 4, 2, 2, 8, 3, 3, 1, 1}, {"_silence_", "_unknown_", "yes", "no"}), path("kws.q.onnx"));
    const ProcessResult exported = run_qmn({"export", path("kws.q.onnx"), "-o", path("firmware"), "--board", needs_tools ? GetParam() : "none", "--threshold", "0.15", "--rest_ms", "300"});
    ASSERT_EQ(exported.exit_code, 0) << exported.err;
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  TemporaryFolder folder_;
};

TEST_P(SoundBoards, EveryTensorOfClipsEqualsTheHosts) {
  std::vector<std::string> arguments{"run", path("firmware"), "--board", GetParam(), "--trace", "--json"};
  for (std::uint64_t clip = 0; clip < 4; ++clip) {
    arguments.push_back(path("clip" + std::to_string(clip) + ".wav"));
    write_wav(arguments.back(), noise(clip == 3 ? 0.6 : 1, clip), 16000);
  }
  const ProcessResult ran = run_qmn(arguments);
  ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  const auto json = json_of(ran);
  EXPECT_EQ(json["equal"], 4);
  EXPECT_EQ(json["trace"]["equal"], true);
}

TEST_P(SoundBoards, EveryRunAndWordOfAStreamEqualsTheHosts) {
  const double seconds = 6.1;  // no whole count of hops
  write_wav(path("stream.wav"), noise(seconds, 9), 16000);
  const ProcessResult ran = run_qmn({"listen", path("firmware"), path("stream.wav"), "--board", GetParam(), "--json", "--quiet"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  const std::string last = ran.out.substr(ran.out.rfind('\n', ran.out.size() - 2) + 1);
  const auto summary = nlohmann::json::parse(last);
  EXPECT_EQ(summary["equal"], true);
  EXPECT_EQ(summary["frames"], 1 + (97600 - 640) / 320);
  EXPECT_EQ(summary["runs"], 1 + (summary["frames"].get<int>() - 49) / 5);
  EXPECT_EQ(summary["equal_runs"], summary["runs"]);
  EXPECT_GT(summary["detections"], 2) << "the test hears next to nothing";
  const ProcessResult host = run_qmn({"listen", path("firmware"), path("stream.wav"), "--json", "--quiet"});
  EXPECT_EQ(host.out.substr(0, host.out.rfind('\n', host.out.size() - 2)), ran.out.substr(0, ran.out.rfind('\n', ran.out.size() - 2))) << "qmn listen prints the same words";
}

TEST_P(SoundBoards, AFirmwareThatHearsOtherwiseIsFound) {
  write_wav(path("stream.wav"), noise(4, 9), 16000);
  std::string decision = read_file(path("firmware/runtime/qmn_decision.c"));
  const std::string rest = "decision->rest_left = settings->rest_frames;";
  ASSERT_NE(decision.find(rest), std::string::npos);
  write_file_atomic(path("firmware/runtime/qmn_decision.c"), decision.replace(decision.find(rest), rest.size(), "decision->rest_left = 2 * settings->rest_frames;"));
  const ProcessResult ran = run_qmn({"listen", path("firmware"), path("stream.wav"), "--board", GetParam(), "--quiet"});
  EXPECT_EQ(ran.exit_code, 1) << ran.out;
  EXPECT_NE(ran.out.find("runs of the network in 4.00 s equal the host's"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("the words DIFFER"), std::string::npos) << ran.out;
}

TEST_P(SoundBoards, WrongCommandLinesSayWhatToDo) {
  write_wav(path("stream.wav"), noise(2, 9), 16000);
  expect_error(run_qmn({"listen", path("kws.q.onnx"), path("stream.wav"), "--board", GetParam()}), 2, "needs the folder of an export");
  expect_error(run_qmn({"listen", path("firmware"), "mic", "--board", GetParam()}), 2, "recordings only");
  expect_error(run_qmn({"listen", path("firmware"), path("stream.wav"), "--board", GetParam(), "--smoothing", "2"}), 2, "was exported with");
  expect_error(run_qmn({"listen", path("firmware"), path("stream.wav"), "--board", "uno"}), 2, "uno");
  expect_error(run_qmn({"listen", path("firmware"), path("none.wav"), "--board", GetParam()}), 1, "none.wav");
}

INSTANTIATE_TEST_SUITE_P(Cores, SoundBoards, testing::Values("host", "mps2-an385", "mps2-an386", "mps2-an505", "mps3-an547"), [](const auto& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace qmn
