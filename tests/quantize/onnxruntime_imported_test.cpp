// SPDX-License-Identifier: Apache-2.0
// Published models that were imported, quantized and exported for other runtimes, in ONNX Runtime: the very numbers of the simulator, on real
// clips, or for nets without sound on random inputs. Skipped without QMN_MODELS, QMN_SPEECH_COMMANDS and ONNX Runtime.
#include "base/random.h"
#include "data/features.h"
#include "import/foreign.h"
#include "onnxruntime_outputs.h"
#include "quantize/evaluate.h"
#include "quantize/metrics.h"
#include "quantize/quantize.h"

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr int kRows = 300;

class OnnxRuntimeImported : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_onnxruntime(); !why.empty()) GTEST_SKIP() << why;
    for (const auto& [variable, path] : {std::pair{"QMN_MODELS", &models_}, {"QMN_SPEECH_COMMANDS", &recordings_}}) {
      const char* found = std::getenv(variable);
      if (found == nullptr || !fs::is_directory(found)) GTEST_SKIP() << variable << " names no folder";
      *path = found;
    }
  }

  FeatureSet rows_for(const Model& model, Split split, int count) const {
    if (takes_sound(model)) return load_features(open_dataset({.folder = recordings_}), split, model.metadata.front_end, {.limit = count, .is_quiet = true});
    Random random({81, static_cast<std::uint64_t>(split)});
    FeatureSet rows;
    rows.outputs = model.metadata.outputs;
    rows.features_per_clip = static_cast<int>(element_count(model.graph.shape(model.graph.input)));
    for (int i = 0; i < count * rows.features_per_clip; ++i) rows.features.push_back(static_cast<float>(random.normal()));
    rows.labels.assign(static_cast<std::size_t>(count), kNoLabel);
    return rows;
  }

  fs::path models_, recordings_;
};

TEST_P(OnnxRuntimeImported, GivesTheVeryNumbers) {
  Model model = import_file(models_ / GetParam()).model;
  if (model.metadata.outputs == OutputKind::unknown) model.metadata.outputs = OutputKind::values;
  const int count = takes_sound(model) ? kRows : 40;
  const Model quantized = quantize_model(model, rows_for(model, Split::validation, count / 3), {.method = RangeMethod::mse, .is_quiet = true}).model;
  const FeatureSet rows = rows_for(model, Split::testing, count);
  const std::vector<float> integers = integer_logits(quantized, rows), theirs = testing::onnxruntime_outputs(serialize_onnx_with_ties_up(quantized), quantized, rows);
  ASSERT_EQ(theirs.size(), integers.size());
  const std::size_t outputs = integers.size() / rows.labels.size();
  RecordProperty("agreement_with_ties_to_even", std::to_string(agreement(integers, testing::onnxruntime_outputs(quantized, rows), outputs)));
  EXPECT_EQ(theirs, integers);
}

INSTANTIATE_TEST_SUITE_P(Models, OnnxRuntimeImported,
                         ::testing::Values("DNN_S.pb", "CNN_S.pb", "DS_CNN_S.pb", "GRU_S.pb", "LSTM_S.pb", "Basic_LSTM_S.pb", "CRNN_S.pb", "resnet8_float.tflite", "vww_96_float.tflite", "ad01_float.tflite"),
                         [](const auto& test) { return std::string(test.param).substr(0, std::string_view(test.param).find('.')); });

}  // namespace
}  // namespace qmn
