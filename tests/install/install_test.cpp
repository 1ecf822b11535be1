// SPDX-License-Identifier: Apache-2.0
// An installed qmn that was moved: the program finds its engine, and another project finds, builds against and runs the library.
#include "base/file.h"
#include "base/subprocess.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace fs = std::filesystem;

namespace qmn {
namespace {

/// Installed once for all cases, then moved.
class Installed : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    const ProcessResult result = run_process({"cmake", "--install", QMN_BINARY_FOLDER, "--prefix", path("first")});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    fs::rename(path("first"), path("moved"));
  }
  static void TearDownTestSuite() { folder_.reset(); }
  static std::string path(const std::string& name) { return (folder_->path() / name).string(); }
  static ProcessResult run(std::vector<std::string> command, int minutes = 5) {
    // Nothing of the build may help.
    command.insert(command.begin(), {"env", "-u", "QMN_ENGINE_PATH", "-u", "LD_LIBRARY_PATH"});
    return run_process(command, {.input = {}, .folder = folder_->path(), .timeout = std::chrono::minutes(minutes)});
  }
  static fs::path only_file(const std::string& folder, const std::string& name) {
    for (const auto& entry : fs::recursive_directory_iterator(path(folder))) {
      if (entry.path().filename() == name) return entry.path();
    }
    return {};
  }
  static std::unique_ptr<TemporaryFolder> folder_;
};
std::unique_ptr<TemporaryFolder> Installed::folder_;

TEST_F(Installed, BringsAllParts) {
  for (const char* file : {"bin/qmn", "lib/qmn/libqmn_engine.so", "include/qmn/qmn.h", "include/qmn/graph/graph.h", "share/qmn/runtime/qmn_kernels.h", "share/qmn/runtime/qmn_mfcc.c",
                           "share/qmn/boards/boards.cmake", "share/qmn/boards/mps2-an386/linker.ld", "share/man/man1/qmn.1", "share/bash-completion/completions/qmn",
                           "share/zsh/vendor-completions/_qmn", "share/fish/vendor_completions.d/qmn.fish", "share/doc/qmn/README.md", "share/doc/qmn/docs/daily.md",
                           "share/doc/qmn/examples/quantize/main.cpp", "share/doc/qmn/copyright"}) {
    EXPECT_TRUE(fs::is_regular_file(fs::path(path("moved")) / file)) << file;
  }
  EXPECT_TRUE(read_file(fs::path(path("moved")) / "share/man/man1/qmn.1").starts_with(".TH QMN 1"));
  for (const char* name : {"qmnTargets.cmake", "qmnConfig.cmake"}) {
    const std::string text = read_file(only_file("moved", name));
    EXPECT_EQ(text.find(QMN_SOURCE_FOLDER), std::string::npos) << name << " names the folder that it was built in";
  }
}

TEST_F(Installed, TheProgramFindsItsEngineWhereItWasMovedTo) {
  fs::create_symlink(path("moved/bin/qmn"), path("link"));
  for (const char* program : {"moved/bin/qmn", "link"}) {
    const ProcessResult doctor = run({path(program), "doctor", "--json"});
    EXPECT_NE(doctor.out.find(R"("found":"libqmn_engine.so on libtorch")"), std::string::npos) << doctor.out << doctor.err;
  }
}

TEST_F(Installed, AnotherProjectQuantizesAndSimulatesWithTheLibrary) {
  const ProcessResult configured = run({"cmake", "-S", path("moved/share/doc/qmn/examples/quantize"), "-B", path("build"), "-DCMAKE_PREFIX_PATH=" + path("moved"),
                                        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Werror"});
  ASSERT_EQ(configured.exit_code, 0) << configured.err;
  const ProcessResult built = run({"cmake", "--build", path("build")});
  ASSERT_EQ(built.exit_code, 0) << built.out << built.err;
  const ProcessResult failed = run({path("build/quantize"), path("none.onnx"), path("words"), path("q.onnx")});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.err.find("none.onnx"), std::string::npos) << failed.err;
  if (!find_program("espeak-ng") && !find_program("flite")) GTEST_SKIP() << "built; to run it needs espeak-ng or flite";

  const std::string qmn = path("moved/bin/qmn");
  ASSERT_EQ(run({qmn, "data", "synth", path("words"), "--words", "yes,no", "--clips_per_word", "12", "--clips_per_unknown_word", "1", "--background_seconds", "2", "-q"}).exit_code, 0);
  ASSERT_EQ(run({qmn, "train", "--arch", "dnn", "--data", path("words"), "--steps", "60", "-o", path("kws.onnx"), "-q"}).exit_code, 0);
  const ProcessResult quantized = run({path("build/quantize"), path("kws.onnx"), path("words"), path("kws.q.onnx")});
  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  // The program, asked about the file that the library wrote, measures the same accuracy.
  const std::string text = quantized.out.substr(quantized.out.find("integer accuracy ") + 17);
  const ProcessResult eval = run({qmn, "eval", path("kws.q.onnx"), "--data", path("words"), "--split", "testing", "--mode", "integer"});
  EXPECT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_NE(eval.out.find(text.substr(0, text.find(" %"))), std::string::npos) << quantized.out << eval.out;
}

}  // namespace
}  // namespace qmn
