// SPDX-License-Identifier: Apache-2.0
#include "train/teacher.h"

#include "base/error.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "formats/onnx_format.h"
#include "passes/passes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

std::vector<float> scales_between(const FrontEndSettings& student, const FrontEndSettings& teacher) {
  const auto shift = [](const FrontEndSettings& settings, std::size_t c) { return settings.coefficient_shifts.empty() ? 0 : settings.coefficient_shifts.at(c); };
  std::vector<float> scales(static_cast<std::size_t>(student.coefficient_count));
  for (std::size_t c = 0; c < scales.size(); ++c) scales[c] = std::ldexp(1.0f, shift(student, c) - shift(teacher, c));
  return scales;
}

std::string describe(const FrontEndSettings& settings) {
  return fmt::format("{} frames of {} samples every {}, {} coefficients of {} bands {} to {} Hz, {} samples at {} Hz", settings.frame_count(), settings.window_samples,
                     settings.hop_samples, settings.coefficient_count, settings.mel_bands, settings.lower_hz, settings.upper_hz, settings.clip_samples, settings.sample_rate_hz);
}

}  // namespace

void check_distill_settings(const DistillSettings& settings) {
  if (!(settings.weight >= 0 && settings.weight <= 1)) fail_usage("--distill {}: must be between 0 and 1", settings.weight);
  if (!(settings.temperature >= 0.1 && settings.temperature <= 100)) fail_usage("--temperature {}: must be between 0.1 and 100", settings.temperature);
}

void check_teacher(const Model& teacher, const Model& student) {
  FrontEndSettings theirs = teacher.metadata.front_end;
  theirs.coefficient_shifts = student.metadata.front_end.coefficient_shifts;
  if (theirs != student.metadata.front_end) {
    fail_data("the teacher has another front end, so it cannot hear what the student hears: {}; the student's: {}. Train a teacher with the student's front end (--window_stride_ms and its like)",
              describe(theirs), describe(student.metadata.front_end));
  }
  if (teacher.metadata.labels != student.metadata.labels) {
    fail_data("the teacher knows {}, the student {}: labels and their order must be the same", fmt::join(teacher.metadata.labels, ", "), fmt::join(student.metadata.labels, ", "));
  }
  if (element_count(teacher.graph.shape(teacher.graph.input)) != element_count(student.graph.shape(student.graph.input)) ||
      element_count(teacher.graph.shape(teacher.graph.output)) != element_count(student.graph.shape(student.graph.output))) {
    fail_data("the teacher maps {} to {}, the student {} to {}: both must be the same", to_string(teacher.graph.shape(teacher.graph.input)), to_string(teacher.graph.shape(teacher.graph.output)),
              to_string(student.graph.shape(student.graph.input)), to_string(student.graph.shape(student.graph.output)));
  }
}

Teach make_teach(const Model& teacher, const FrontEndSettings& student) {
  const Graph graph = up_to_logits(teacher.quantization ? teacher.graph : prepare_for_inference(teacher.graph));
  const std::shared_ptr<Evaluator> evaluator = engine().evaluator(graph, nullptr);
  const std::vector<float> scales = scales_between(student, teacher.metadata.front_end);
  if (std::ranges::all_of(scales, [](float scale) { return scale == 1.0f; })) {
    return [evaluator](std::span<const float> features, std::int64_t clip_count) { return evaluator->run(features, clip_count); };
  }
  return [evaluator, scales](std::span<const float> features, std::int64_t clip_count) {
    std::vector<float> scaled(features.begin(), features.end());
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= scales[i % scales.size()];
    return evaluator->run(scaled, clip_count);
  };
}

std::string describe_teacher(const Model& teacher) { return "a teacher, SHA-256 " + sha256_hex(serialize_onnx(teacher)); }

std::string describe(const DistillSettings& settings, const std::string& teacher) {
  return fmt::format("; distilled from {}, weight {} at temperature {}", teacher, settings.weight, settings.temperature);
}

}  // namespace qmn
