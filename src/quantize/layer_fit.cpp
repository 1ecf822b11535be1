// SPDX-License-Identifier: Apache-2.0
#include "quantize/layer_fit.h"

#include "base/check.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "engine/engine.h"
#include "passes/uses.h"
#include "quantize/layer_moments.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr int kMaxRounds = 50;
constexpr std::int64_t kLeastClips = 300, kPatchesAWeight = 40;
constexpr double kDamping = 0.01;  // of the gram's mean diagonal: draws the weights towards the float ones where the clips say little

/// The graph cut behind `value`; ids stay.
Graph up_to(Graph graph, ValueId value) {
  const auto writer = std::ranges::find_if(graph.nodes, [&](const Node& node) { return std::ranges::count(outputs_of(node), value) > 0; });
  graph.nodes.erase(writer == graph.nodes.end() ? graph.nodes.begin() : writer + 1, graph.nodes.end());
  graph.output = value;
  return graph;
}

/// A matrix of n × n moments needs some multiple of n patches, or it fits the accidents of the clips; more than that only costs time.
std::int64_t clips_for(const Graph& graph, const WeightedLayer& layer, std::int64_t available) {
  const Shape &weight = graph.shape(layer.weight), &output = graph.shape(layer.output);
  const std::int64_t patch = element_count(weight) / weight[0], positions = element_count(output) / output.at(1);
  return std::min(available, std::max(kLeastClips, kPatchesAWeight * patch / positions));
}

/// One output channel: v = [weights ; bias] in reals, each on its grid.
struct Row {
  std::vector<double> values;
  std::vector<QFormat> formats;
};

/// Moves each coordinate to the grid point of least cost until none wants to move. The cost of v + d·e_i: d²·gram_ii − 2·d·gradient_i.
void descend(Row& row, const std::vector<double>& gram, std::vector<double> gradient) {
  const std::size_t size = row.values.size();
  for (int round = 0; round < kMaxRounds; ++round) {
    bool has_moved = false;
    for (std::size_t i = 0; i < size; ++i) {
      const double curvature = gram[i * size + i];
      if (curvature <= 0) continue;
      const double best = dequantize(quantize(row.values[i] + gradient[i] / curvature, row.formats[i]), row.formats[i]);
      const double move = best - row.values[i];
      if (move == 0 || move * move * curvature - 2 * move * gradient[i] >= 0) continue;
      row.values[i] = best;
      for (std::size_t k = 0; k < size; ++k) gradient[k] -= move * gram[i * size + k];
      has_moved = true;
    }
    if (!has_moved) return;
  }
}

class Fitter {
 public:
  Fitter(LayerFit fit, const Graph& graph, Quantization& quantization, const WeightedLayer& layer, LayerMoments moments)
      : fit_(fit), graph_(graph), quantization_(quantization), layer_(layer), moments_(std::move(moments)) {}

  void run() {
    quantization_.corrections.erase(layer_.weight);
    if (has_bias()) quantization_.corrections.erase(layer_.bias);
    const std::vector<float>& weight = graph_.initializer(layer_.weight).data;
    std::vector<float> weight_correction(weight.size()), bias_correction(moments_.cross.size());
    const std::vector<std::int32_t> raw = raw_parameter(graph_, quantization_, layer_.weight);
    if (fit_ == LayerFit::rounding) damp();
    parallel_for(moments_.cross.size(), [&](std::size_t output) {
      Row row = rounded_row(output, raw);
      const std::vector<double>& gram = moments_.gram[output / moments_.outputs_of_group];
      std::vector<double> gradient = gradient_of(row, gram, output);
      const double float_bias = has_bias() ? static_cast<double>(graph_.initializer(layer_.bias).data[output]) : 0;
      if (fit_ == LayerFit::rounding) {
        descend(row, gram, std::move(gradient));
        for (std::size_t i = 0; i < width(); ++i) {
          weight_correction[output * width() + i] = static_cast<float>(row.values[i] - static_cast<double>(weight[output * width() + i]));
        }
        if (has_bias()) bias_correction[output] = static_cast<float>(row.values[width()] - float_bias);
      } else if (has_bias()) {
        bias_correction[output] = static_cast<float>(row.values[width()] + gradient[width()] - float_bias);  // gram of the bias with itself is 1
      }
    });
    if (fit_ == LayerFit::rounding) quantization_.corrections[layer_.weight] = std::move(weight_correction);
    if (has_bias()) quantization_.corrections[layer_.bias] = std::move(bias_correction);
  }

 private:
  bool has_bias() const { return layer_.bias != kNoValue; }
  std::size_t width() const { return moments_.size - 1; }

  QFormat format_of(ValueId parameter, std::size_t output) const {
    const std::vector<int> channels = quantization_.channels_of(parameter);
    return {quantization_.formats.at(parameter).total_bits, channels[channels.size() == 1 ? 0 : output]};
  }

  Row rounded_row(std::size_t output, const std::vector<std::int32_t>& raw) const {
    Row row{std::vector<double>(moments_.size), std::vector<QFormat>(moments_.size, format_of(layer_.weight, output))};
    for (std::size_t i = 0; i < width(); ++i) row.values[i] = dequantize(raw[output * width() + i], row.formats[i]);
    if (has_bias()) {
      row.formats.back() = format_of(layer_.bias, output);
      row.values.back() = dequantize(quantize(static_cast<double>(graph_.initializer(layer_.bias).data[output]), row.formats.back()), row.formats.back());
    }
    return row;
  }

  std::vector<double> gradient_of(const Row& row, const std::vector<double>& gram, std::size_t output) const {
    std::vector<double> gradient = moments_.cross[output];
    for (std::size_t i = 0; i < moments_.size; ++i) {
      for (std::size_t k = 0; k < moments_.size; ++k) gradient[i] -= gram[i * moments_.size + k] * row.values[k];
    }
    return gradient;
  }

  /// gram + λ·1, cross + λ·w: the cost gets λ·|v − w|² on top.
  void damp() {
    const std::vector<float>& weight = graph_.initializer(layer_.weight).data;
    std::vector<double> lambda;
    for (std::vector<double>& gram : moments_.gram) {
      double sum = 0;
      for (std::size_t i = 0; i < width(); ++i) sum += gram[i * moments_.size + i];
      lambda.push_back(kDamping * sum / static_cast<double>(width()));
      for (std::size_t i = 0; i < width(); ++i) gram[i * moments_.size + i] += lambda.back();
    }
    for (std::size_t output = 0; output < moments_.cross.size(); ++output) {
      for (std::size_t i = 0; i < width(); ++i) moments_.cross[output][i] += lambda[output / moments_.outputs_of_group] * static_cast<double>(weight[output * width() + i]);
    }
  }

  LayerFit fit_;
  const Graph& graph_;
  Quantization& quantization_;
  const WeightedLayer& layer_;
  LayerMoments moments_;
};

}  // namespace

const char* layer_fit_name(LayerFit fit) {
  switch (fit) {
    case LayerFit::bias_analytic: return "bias correction, analytic";
    case LayerFit::bias_empirical: return "bias correction, empirical";
    case LayerFit::rounding: return "adaptive rounding";
  }
  QMN_CHECK(false, "every fit has a name");
}

Quantization fit_layers(LayerFit fit, const Graph& graph, Quantization quantization, const FeatureSet& clips, bool is_quiet) {
  const std::vector<WeightedLayer> layers = weighted_layers(graph);
  Progress progress(layer_fit_name(fit) + std::string(", layer"), layers.size(), is_quiet);
  std::uint64_t done = 0;
  for (const WeightedLayer& layer : layers) {
    if (!producer_of(graph.nodes, layer.output)) continue;  // of a loop's body: its inputs differ from step to step
    const Graph before = up_to(graph, layer.input);
    const std::int64_t rows = clips_for(graph, layer, clips.row_count());
    const auto features = std::span(clips.features).first(static_cast<std::size_t>(rows) * static_cast<std::size_t>(clips.features_per_clip));
    const auto inputs = [&](const Quantization* formats) { return engine().evaluator(before, formats)->run(features, rows); };
    const std::vector<float> quantized = inputs(fit == LayerFit::bias_analytic ? nullptr : &quantization);
    const std::vector<float> targets = fit == LayerFit::bias_empirical ? inputs(nullptr) : std::vector<float>();
    Fitter(fit, graph, quantization, layer, layer_moments(graph, layer, targets.empty() ? quantized : targets, quantized)).run();
    progress.update(++done, layer.name);
  }
  return quantization;
}

}  // namespace qmn
