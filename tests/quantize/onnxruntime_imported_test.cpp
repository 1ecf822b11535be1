// SPDX-License-Identifier: Apache-2.0
// Published models that were imported and quantized, in ONNX Runtime against the simulator: the same top-1 on at least 99 % of real clips, or
// for nets without sound of random inputs; the very numbers where only layers with a bias round. Skipped without QMN_MODELS,
// QMN_SPEECH_COMMANDS and ONNX Runtime.
// Left out are LSTM_S, Basic_LSTM_S and CRNN_S: the products and sums of their gates tie too, ONNX Runtime rounds these to even, and the loop
// carries the difference on.
#include "base/random.h"
#include "data/features.h"
#include "import/foreign.h"
#include "onnxruntime_outputs.h"
#include "quantize/evaluate.h"
#include "quantize/layers.h"
#include "quantize/metrics.h"
#include "quantize/quantize.h"

#include <cmath>

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

/// The same net for a runtime that rounds ties to even: every bias carries a quarter of an accumulator's unit more, which moves ties up and
/// nothing else.
Model with_ties_up(Model model) {
  Quantization& quantization = *model.quantization;
  for (const WeightedLayer& layer : weighted_layers(model.graph)) {
    if (layer.bias == kNoValue) continue;
    const int accumulator = quantization.formats.at(layer.input).frac_bits + quantization.formats.at(layer.weight).frac_bits;
    const int frac_bits = quantization.formats.at(layer.bias).frac_bits;
    const std::vector<std::int32_t> raw = raw_parameter(model.graph, quantization, layer.bias);
    std::vector<float>& bias = model.graph.initializer(layer.bias).data;
    for (std::size_t i = 0; i < raw.size(); ++i) bias[i] = static_cast<float>(std::ldexp(static_cast<double>(raw[i]), -frac_bits) + std::ldexp(1.0, -accumulator - 2));
    quantization.corrections.erase(layer.bias);
    quantization.set_format(layer.bias, {32, accumulator + 2});
  }
  return model;
}

TEST_P(OnnxRuntimeImported, AnswersWithTheSameLabels) {
  Model model = import_file(models_ / GetParam()).model;
  if (model.metadata.outputs == OutputKind::unknown) model.metadata.outputs = OutputKind::values;
  const int count = takes_sound(model) ? kRows : 40;
  const Model quantized = quantize_model(model, rows_for(model, Split::validation, count / 3), {.method = RangeMethod::mse, .is_quiet = true}).model;
  const FeatureSet rows = rows_for(model, Split::testing, count);
  const std::vector<float> integers = integer_logits(quantized, rows), theirs = testing::onnxruntime_outputs(with_ties_up(quantized), rows);
  ASSERT_EQ(theirs.size(), integers.size());
  const std::size_t outputs = integers.size() / rows.labels.size();
  const double step = quantized.quantization->formats.at(quantized.graph.output).step();
  double squares = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) squares += std::pow((static_cast<double>(theirs[i]) - static_cast<double>(integers[i])) / step, 2);
  RecordProperty("agreement", std::to_string(agreement(integers, theirs, outputs)));
  RecordProperty("rms_steps", std::to_string(std::sqrt(squares / static_cast<double>(theirs.size()))));
  EXPECT_GE(agreement(integers, theirs, outputs), 0.99);
  bool has_other_ties = false;
  for_each_node(quantized.graph.nodes, [&](const Node& node) { has_other_ties |= std::holds_alternative<Add>(node) || std::holds_alternative<Mul>(node); });
  if (!has_other_ties) {
    EXPECT_EQ(theirs, integers);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, OnnxRuntimeImported,
                         ::testing::Values("DNN_S.pb", "CNN_S.pb", "DS_CNN_S.pb", "GRU_S.pb", "resnet8_float.tflite", "vww_96_float.tflite", "ad01_float.tflite"),
                         [](const auto& test) { return std::string(test.param).substr(0, std::string_view(test.param).find('.')); });

}  // namespace
}  // namespace qmn
