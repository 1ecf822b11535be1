// SPDX-License-Identifier: Apache-2.0
// The published TFLite models against an interpreter of the tests' own (tflite_interpreter.py). Skipped without QMN_MODELS.
#include "base/subprocess.h"
#include "import/foreign.h"
#include "import/import.h"
#include "import/numbers_file.h"
#include "support/random_graph.h"
#include "support/reference_interpreter.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

class PublishedTflite : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const char* models = std::getenv("QMN_MODELS");
    if (models == nullptr || !std::filesystem::is_directory(models)) GTEST_SKIP() << "QMN_MODELS names no folder";
    if (run_process({kPython, "-c", "import numpy"}).exit_code != 0) GTEST_SKIP() << "no numpy for " << kPython << " (apt install python3-numpy)";
    path_ = std::filesystem::path(models) / GetParam();
  }

  std::filesystem::path path_;
  const TemporaryFolder folder_;
};

/// [H, W, C] → [C, H, W] of the imported input; other inputs stay.
std::vector<float> as_stored(const Shape& shape, const std::vector<float>& image) {
  if (shape.size() != 4) return image;
  std::vector<float> out;
  const auto channels = static_cast<std::size_t>(shape[1]);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = c; i < image.size(); i += channels) out.push_back(image[i]);
  }
  return out;
}

std::vector<double> softmax(std::vector<double> logits) {
  double sum = 0;
  for (double& logit : logits) sum += logit = std::exp(logit);
  for (double& logit : logits) logit /= sum;
  return logits;
}

TEST_P(PublishedTflite, OutputsAgreeWithAnIndependentInterpreter) {
  Imported imported = import_file(path_);
  const bool is_classifier = std::any_of(imported.notes.begin(), imported.notes.end(), [](const std::string& note) { return note.starts_with("Softmax"); });
  const Model model = prepare_model(std::move(imported.model));
  const Shape& shape = model.graph.shape(model.graph.input);
  const auto clip_size = static_cast<std::size_t>(element_count(shape));
  constexpr std::size_t kClips = 2;
  const std::vector<float> clips = testing::RandomGraph(5).reals(static_cast<std::int64_t>(kClips * clip_size));
  write_numbers(folder_.path() / "in", clips);
  const ProcessResult result = run_process({kPython, QMN_TFLITE_INTERPRETER, path_.string(), (folder_.path() / "in").string(), (folder_.path() / "out").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::vector<float> expected = read_numbers(folder_.path() / "out");
  const auto outputs = static_cast<std::size_t>(element_count(model.graph.shape(model.graph.output)));
  ASSERT_EQ(expected.size(), kClips * outputs);
  for (std::size_t i = 0; i < kClips; ++i) {
    const std::vector<float> clip(clips.begin() + static_cast<std::ptrdiff_t>(i * clip_size), clips.begin() + static_cast<std::ptrdiff_t>((i + 1) * clip_size));
    reference::Reals got = reference::run(model.graph, as_stored(shape, clip));
    if (is_classifier) got = softmax(got);
    double largest = 0;
    for (std::size_t k = 0; k < outputs; ++k) largest = std::max(largest, std::abs(static_cast<double>(expected[i * outputs + k])));
    for (std::size_t k = 0; k < outputs; ++k) ASSERT_NEAR(got[k], static_cast<double>(expected[i * outputs + k]), 1e-4 * largest) << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, PublishedTflite, ::testing::Values("resnet8_float.tflite", "vww_96_float.tflite", "ad01_float.tflite"),
                         [](const auto& test) { return std::string(test.param).substr(0, std::string_view(test.param).find('.')); });

}  // namespace
}  // namespace qmn
