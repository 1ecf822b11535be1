// SPDX-License-Identifier: Apache-2.0
// qmn import as a program: what it prints, what it writes, and that it writes nothing when it fails.
#include "cli/run_qmn.h"
#include "formats/onnx_format.h"
#include "import/small_files.h"
#include "support/temporary_folder.h"

#include <fstream>

namespace qmn {
namespace {

class ImportCommand : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.path() / name, std::ios::binary) << bytes;
    return path(name);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void expect_nothing_written() const { EXPECT_FALSE(std::filesystem::exists(folder_.path() / "net.onnx")); }

  const TemporaryFolder folder_;
};

TEST_F(ImportCommand, EveryFormatBecomesAModelFile) {
  for (const auto& [target, name, bytes] : testing::small_files()) {
    SCOPED_TRACE(name);
    const std::string file = write(name, bytes), out = path("net.onnx");
    const ProcessResult result = run_qmn({"import", file, "-o", out, "--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const nlohmann::json json = nlohmann::json::parse(result.out);
    EXPECT_EQ(json["model"], out);
    EXPECT_GT(json["nodes"], 1);
    EXPECT_EQ(json["output_shape"], nlohmann::json({1, 3}));
    const Model model = read_model(out);
    EXPECT_TRUE(model.metadata.notes.at("imported").starts_with(name)) << model.metadata.notes.at("imported");
    const ProcessResult info = run_qmn({"info", out});
    EXPECT_EQ(info.exit_code, 0) << info.err;
    EXPECT_NE(info.out.find("imported: " + name), std::string::npos) << info.out;
    std::filesystem::remove(out);
  }
}

TEST_F(ImportCommand, LabelsComeFromAFileAndMustFit) {
  const std::string file = write("small.pb", testing::small_graphdef()), out = path("net.onnx");
  const ProcessResult fits = run_qmn({"import", file, "-o", out, "--labels", write("three.txt", "a\nb\r\nc\n\n")});
  ASSERT_EQ(fits.exit_code, 0) << fits.err;
  EXPECT_EQ(read_model(out).metadata.labels, (std::vector<std::string>{"a", "b", "c"}));
  std::filesystem::remove(out);
  expect_error(run_qmn({"import", file, "-o", out, "--labels", write("two.txt", "a\nb\n")}), 1, "2 labels, but the net " + file + " has 3 outputs");
  expect_error(run_qmn({"import", file, "-o", out, "--labels", write("gap.txt", "a\n\nc\n")}), 1, "line 2 is empty");
  expect_error(run_qmn({"import", file, "-o", out, "--labels", path("missing.txt")}), 1, "missing.txt");
  expect_nothing_written();
}

TEST_F(ImportCommand, WhatIsMissingOnTheCommandLineIsNamed) {
  const std::string file = write("small.pb", testing::small_graphdef());
  expect_error(run_qmn({"import"}), 2, "qmn import FILE -o net.onnx");
  expect_error(run_qmn({"import", file}), 2, "-o");
  expect_error(run_qmn({"import", file, "-o", path("net.onnx"), "--output", "nowhere"}), 1, "no node nowhere");
  expect_error(run_qmn({"import", file, "-o", path("net.onnx"), "--window_size_ms", "40"}), 1, "its input takes 60 numbers, but the front end gives 49 frames of 10");
  expect_error(run_qmn({"import", path("missing.pb"), "-o", path("net.onnx")}), 1, "missing.pb");
  expect_nothing_written();
}

TEST_F(ImportCommand, BrokenFilesEndInOneLineAndLeaveNothing) {
  const std::string graphdef = testing::small_graphdef(), tflite = testing::small_tflite(), onnx = testing::small_onnx();
  const std::pair<std::string, std::string> files[] = {
      {"empty.pb", ""},
      {"empty.tflite", ""},
      {"half.pb", graphdef.substr(0, graphdef.size() / 2)},
      {"half.tflite", tflite.substr(0, tflite.size() / 2)},
      {"half.onnx", onnx.substr(0, onnx.size() / 2)},
      {"text.onnx", "this is not a model\n"},
      {"text.tflite", "1234TFL3 is not a model\n"},
      {"text.pb", "\nthis is not a model\n"},
      {"keras.h5", "\x89HDF\r\n"},
      {"torch.pt", "PK\x03\x04..."},
  };
  for (const auto& [name, bytes] : files) {
    SCOPED_TRACE(name);
    expect_error(run_qmn({"import", write(name, bytes), "-o", path("net.onnx")}), 1, name);
  }
  expect_nothing_written();
}

TEST_F(ImportCommand, TheOperatorsOfEachFormatAreListed) {
  const ProcessResult text = run_qmn({"import", "--list-operators"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("| TFLite | ADD, "), std::string::npos) << text.out;
  const ProcessResult json = run_qmn({"import", "--list-operators", "--json"});
  const nlohmann::json listed = nlohmann::json::parse(json.out);
  EXPECT_EQ(listed.size(), 4u);
  EXPECT_FALSE(listed.at("ONNX").empty());
}

}  // namespace
}  // namespace qmn
