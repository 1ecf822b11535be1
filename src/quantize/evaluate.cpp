// SPDX-License-Identifier: Apache-2.0
#include "quantize/evaluate.h"

#include "base/check.h"
#include "engine/engine.h"
#include "lower/lower.h"
#include "passes/passes.h"
#include "plan/plan.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "simulate/simulate.h"

namespace qmn {
namespace {

/// The graph of a quantized model is prepared already, and its formats go by its ids.
Graph prepared(const Model& model) { return up_to_logits(model.quantization ? model.graph : prepare_for_inference(model.graph)); }

std::vector<float> run(const Graph& graph, const Quantization* quantization, const std::vector<float>& features, std::int64_t row_count) {
  return engine().evaluator(graph, quantization)->run(features, row_count);
}

}  // namespace

std::vector<float> float_logits(const Model& model, const FeatureSet& clips) { return run(prepared(model), nullptr, clips.features, clips.row_count()); }

std::vector<float> weights_only_logits(const Model& model, const FeatureSet& clips) {
  const Graph graph = prepared(model);
  Quantization parameters;
  if (model.quantization) {
    for (const auto& [id, format] : model.quantization->formats) {
      if (graph.is_initializer(id)) parameters.take(id, *model.quantization);
    }
  } else {
    parameters = quantize_parameters(graph, 8);
  }
  return run(graph, &parameters, clips.features, clips.row_count());
}

std::vector<float> fake_quant_logits(const Model& model, const FeatureSet& clips) {
  QMN_CHECK(model.quantization.has_value(), "fake-quant needs formats");
  return run(prepared(model), &*model.quantization, clips.integer_features(), clips.row_count());
}

std::vector<float> integer_logits(const Model& model, const FeatureSet& clips) {
  QMN_CHECK(model.quantization.has_value(), "integers need formats");
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program));
  const Simulator::Result result = simulator.run(simulator.quantize_input(clips.integer_features(), clips.row_count()), clips.row_count());
  const QFormat format = program.tensor(program.logits).format;
  std::vector<float> logits;
  for (const std::int32_t raw : raw_values(result.logits, format)) logits.push_back(static_cast<float>(dequantize(raw, format)));
  return logits;
}

}  // namespace qmn
