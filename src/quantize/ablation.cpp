// SPDX-License-Identifier: Apache-2.0
#include "quantize/ablation.h"

#include "base/progress.h"
#include "quantize/divergence.h"
#include "quantize/evaluate.h"
#include "quantize/scale_coefficients.h"

#include <algorithm>
#include <chrono>

namespace qmn {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

/// The clips as the front end of `model` makes them, when they came from that of `from`.
FeatureSet as_seen_by(const Model& model, const Model& from, FeatureSet clips) {
  std::vector<int> shifts = model.metadata.front_end.coefficient_shifts;
  const std::vector<int>& before = from.metadata.front_end.coefficient_shifts;
  if (shifts == before) return clips;
  for (std::size_t c = 0; c < before.size(); ++c) shifts[c] -= before[c];
  scale_coefficients(clips, shifts);
  return clips;
}

class Ablation {
 public:
  Ablation(const Model& float_model, const AblationClips& clips) : float_model_(float_model), clips_(clips), reference_(float_logits(float_model, clips.unseen)), search_reference_(float_logits(float_model, clips.recipe.search)) {}

  AblationRow measure(const std::string& name, const Model& model, double seconds) const {
    const auto logits = [&](const FeatureSet& clips) { return integer_logits(model, as_seen_by(model, float_model_, clips)); };
    const FeatureSet &search = clips_.recipe.search, &unseen = clips_.unseen;
    const std::vector<float> of_search = logits(search), of_unseen = logits(unseen);
    const Divergence divergence(unseen.outputs, reference_, unseen.labels.size());
    AblationRow row;
    row.name = name;
    row.search_kl = Divergence(search.outputs, search_reference_, search.labels.size()).mean(search_reference_, of_search);
    row.kl = divergence.mean(reference_, of_unseen);
    row.seconds = seconds;
    if (unseen.outputs == OutputKind::values) return row;
    const std::size_t classes = divergence.output_count();
    row.search_accuracy = accuracy(of_search, search.labels, classes);
    row.unseen = paired_difference(reference_, of_unseen, unseen.labels, unseen.clip_ids, classes);
    row.agreement = agreement(reference_, of_unseen, classes);
    return row;
  }

 private:
  const Model& float_model_;
  const AblationClips& clips_;
  std::vector<float> reference_, search_reference_;
};

AblationEntry entry_of(const std::string& name, const QuantizeSettings& settings) {
  return {name, [settings](const Model& model, const AblationClips& clips) { return quantize_model(model, clips.recipe.search, settings).model; }};
}

}  // namespace

std::vector<AblationEntry> ablation_entries(const QuantizeSettings& settings, bool takes_wide_bias) {
  std::vector<AblationEntry> entries;
  for (const RangeMethod method : kRangeMethods) {
    QuantizeSettings one = settings;
    one.method = method;
    one.bias_bits = 8;
    entries.push_back(entry_of(method_name(method), one));
  }
  if (takes_wide_bias) {
    QuantizeSettings wide = settings;
    wide.method = RangeMethod::descend;
    wide.bias_bits = 32;
    entries.push_back(entry_of("descend, wide bias", wide));
  }
  return entries;
}

std::vector<AblationRow> ablate(const Model& float_model, const AblationClips& clips, const std::vector<AblationEntry>& entries, const RecipeSettings& settings,
                                const std::vector<AblationEntry>& followers) {
  const Ablation ablation(float_model, clips);
  Progress progress("ablation, row", entries.size() + 1 + followers.size(), settings.search.is_quiet);
  std::vector<AblationRow> rows;
  std::uint64_t done = 0;
  const auto measure_entry = [&](const AblationEntry& entry, const Model& from) {
    progress.update(done++, entry.name);
    const auto start = std::chrono::steady_clock::now();
    const Model model = entry.make(from, clips);
    const double seconds = seconds_since(start);
    rows.push_back(ablation.measure(entry.name, model, seconds));
  };
  for (const AblationEntry& entry : entries) measure_entry(entry, float_model);
  progress.update(done++, "auto");
  RecipeSettings keeping = settings;
  keeping.keeps_models = true;
  const auto start = std::chrono::steady_clock::now();
  const RecipeResult recipe = quantize_by_recipe(float_model, clips.recipe, keeping);
  const double seconds = seconds_since(start);
  for (const RecipeStep& step : recipe.steps) {
    if (step.model) rows.push_back(ablation.measure("auto: " + step.name + (step.is_kept ? "" : " (not kept)"), *step.model, step.seconds));
  }
  rows.push_back(ablation.measure("auto", recipe.quantized.model, seconds));
  for (const AblationEntry& entry : followers) measure_entry(entry, recipe.quantized.model);
  return rows;
}

}  // namespace qmn
