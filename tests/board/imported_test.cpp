// SPDX-License-Identifier: Apache-2.0
// Published models of other tools, from their file to the emulated board: imported, quantized on random inputs, exported, and run byte for byte
// as simulated. Skipped without QMN_MODELS.
#include "base/file.h"
#include "base/random.h"
#include "cli/run_qmn.h"
#include "data/array_files.h"
#include "formats/onnx_format.h"
#include "support/temporary_folder.h"

#include <filesystem>

namespace fs = std::filesystem;

namespace qmn {
namespace {

class ImportedOnBoard : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const char* models = std::getenv("QMN_MODELS");
    if (models == nullptr || !fs::is_directory(models)) GTEST_SKIP() << "QMN_MODELS names no folder";
    if (!find_program("arm-none-eabi-gcc") || !find_program("qemu-system-arm")) GTEST_SKIP() << "no cross compiler or emulator (apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm)";
    model_ = fs::path(models) / GetParam();
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  fs::path model_;
  TemporaryFolder folder_;
};

TEST_P(ImportedOnBoard, RunsByteForByteAsSimulated) {
  ASSERT_EQ(run_qmn({"import", model_.string(), "-o", path("net.onnx")}).exit_code, 0);
  const Model model = read_model(path("net.onnx"));
  Shape shape = model.graph.shape(model.graph.input);
  constexpr std::int64_t kExamples = 30;
  shape[0] = kExamples;
  Random random({71});
  std::vector<float> numbers(static_cast<std::size_t>(element_count(shape)));
  for (float& number : numbers) number = static_cast<float>(random.normal());
  write_file_atomic(path("x.npy"), testing::npy(shape, numbers));
  const std::vector<std::string> data{"--data", path("x.npy"), "--layout", "nchw", "--testing_percentage", "30"};
  const auto with_data = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), data.begin(), data.end());
    return run_qmn(arguments);
  };
  const ProcessResult quantized = with_data({"quantize", path("net.onnx"), "-o", path("q.onnx"), "--method", "minmax", "-q", "--json"});
  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  ASSERT_EQ(run_qmn({"export", path("q.onnx"), "-o", path("firmware")}).exit_code, 0);
  const ProcessResult result = with_data({"run", path("firmware"), "--limit", "2", "--json", "-q"});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const auto run = json_of(result);
  EXPECT_EQ(run["board"], "mps2-an386");
  EXPECT_EQ(run["clips"].size(), 2U);
  EXPECT_EQ(run["equal"], 2);
  EXPECT_EQ(run["selftest_mismatches"], 0);
  EXPECT_NE(run["clips"][0]["logits"], run["clips"][1]["logits"]) << "inputs that make no difference would prove nothing";
}

INSTANTIATE_TEST_SUITE_P(Models, ImportedOnBoard, testing::Values("resnet8_float.tflite", "vww_96_float.tflite", "ad01_float.tflite"),
                         [](const auto& test) { return std::string(test.param).substr(0, std::string_view(test.param).find('.')); });

}  // namespace
}  // namespace qmn
