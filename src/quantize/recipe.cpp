// SPDX-License-Identifier: Apache-2.0
#include "quantize/recipe.h"

#include "base/error.h"
#include "engine/engine.h"
#include "lower/lower.h"
#include "passes/equalize.h"
#include "passes/passes.h"
#include "passes/scale_input.h"
#include "quantize/calibrated_net.h"
#include "quantize/carried_states.h"
#include "quantize/channel_formats.h"
#include "quantize/divergence.h"
#include "quantize/layer_fit.h"
#include "quantize/range_filling.h"
#include "quantize/scale_coefficients.h"
#include "quantize/search.h"
#include "quantize/sensitivity.h"
#include "quantize/wide_activations.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace qmn {
namespace {

constexpr double kMinGain = 0.01;          // a remedy must lower the KL on the check clips by that share
constexpr int kWideningRounds = 4;
constexpr double kDecisive = 0.25;         // of the KL that is left: a tensor that explains so much comes first, whatever its size
constexpr double kRoundingOfShares = 1e-9; // 5 labels of 1000, a fifth of them lost, are 0.1 points
constexpr double kWorthWidening = 0.05;    // of the KL that is left: what a tensor must explain to be given 16 bits

/// The clips as one front end makes them, and their float logits on the check clips.
struct Inputs {
  RecipeClips clips;
  std::vector<int> shifts;  ///< of each coefficient, beyond those of the float model; empty: none
};

/// A net and its formats: what a remedy makes another of.
struct Point {
  std::shared_ptr<const Inputs> inputs;
  std::shared_ptr<const CalibratedNet> net;
  Quantization wish;
  CheckScore check;
};

class Recipe {
 public:
  Recipe(const Model& model, RecipeClips clips, const RecipeSettings& settings)
      : model_(model), settings_(checked(settings)), inputs_(std::make_shared<Inputs>(Inputs{std::move(clips), {}})), deadline_(settings.search.time_budget_seconds),
        book_(settings.search.state_path.empty() ? ScoreBook()
                                                 : ScoreBook(settings.search.state_path, search_fingerprint(model, inputs_->clips.search, settings_.search))),
        plain_(std::make_shared<CalibratedNet>(prepare_for_inference(model.graph), inputs_->clips.search, settings_.search)),
        check_reference_(engine().evaluator(plain_->graph(), nullptr)->run(inputs_->clips.check.features, inputs_->clips.check.row_count())) {}

  RecipeResult run() {
    take(std::string("descend, ") + (settings_.search.bias_bits == 32 ? "32" : "8") + "-bit bias", [&] { return descended(inputs_, plain_, true); }, true);
    scale_inputs();
    const Point searched = best_;
    for (const LayerFit remedy : kLayerFits) {
      if (take(layer_fit_name(remedy), [&] { return fitted(remedy, searched); })) fit_ = remedy;
    }
    equalize(searched);
    fill();
    refine();
    if (settings_.target.takes_channel_formats && (settings_.search.is_per_channel || !is_inside())) {
      take("per-channel weights", [&] { return fitted(fit_, {best_.inputs, best_.net, channel_formats(best_.net->graph(), best_.wish), {}}); }, settings_.search.is_per_channel);
    }
    widen_states();
    widen_activations();
    return result();
  }

 private:
  static RecipeSettings checked(RecipeSettings settings) {
    check_target(settings.target, settings.search);
    if (settings.target.takes_wide_bias) settings.search.bias_bits = 32;
    return settings;
  }

  bool is_inside(const Point& point) const { return 100 * point.check.cautious_loss <= settings_.max_loss + kRoundingOfShares; }
  bool is_inside() const { return is_inside(best_); }

  /// Runs a step, scores it on the check clips, and keeps it when it is better and some program can run it (or `always`).
  template <class Step>
  bool take(const std::string& name, const Step& step, bool always = false) {
    if (deadline_.has_passed() && !always) return false;
    const auto start = std::chrono::steady_clock::now();
    Point point = step();
    point.check = score(point);
    const bool is_better = always || point.check.kl < best_.check.kl * (1 - kMinGain);
    const bool overflows = is_better && !always && !can_lower(point);
    const bool is_kept = is_better && !overflows;
    steps_.push_back({overflows ? name + " (leaves 32 bits)" : name, point.check, is_kept, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), std::nullopt});
    if (settings_.keeps_models && !overflows) steps_.back().model = point.net->result(metadata(point), point.wish).model;
    if (is_kept) best_ = std::move(point);
    return is_kept;
  }

  /// A wide input times fine weights may leave the accumulators, which only lowering adds up.
  bool can_lower(const Point& point) const {
    try {
      lower(point.net->result(metadata(point), point.wish).model);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  CheckScore score(const Point& point) const {
    Quantization shipped = point.wish;
    legalize(point.net->graph(), shipped);
    const FeatureSet& check = point.inputs->clips.check;
    return check_score(check_reference_, engine().evaluator(point.net->graph(), &shipped)->run(check.features, check.row_count()), check);
  }

  RangeSearch::Setup setup(const CalibratedNet& net) {
    return {.graph = net.graph(), .clips = net.clips(), .reference = net.reference(), .objective = settings_.search.objective, .deadline = deadline_, .book = &book_};
  }

  /// Says how the search of `search` went on, for the report.
  void collect(const RangeSearch& search) {
    evaluations_ += search.evaluations();
    trace_.insert(trace_.end(), search.trace().begin(), search.trace().end());
  }

  DescendSettings descend_settings(bool is_thorough) const {
    return {.max_sweeps = settings_.search.sweeps, .descents = is_thorough ? std::size_t{3} : 1, .moves_jointly = is_thorough, .is_quiet = settings_.search.is_quiet};
  }

  Point descended(const std::shared_ptr<const Inputs>& inputs, const std::shared_ptr<const CalibratedNet>& net, bool is_thorough) {
    RangeSearch search(setup(*net), net->formats(RangeRule::minmax));
    descend_search(search, net->activations(), descent_starts(*net), descend_settings(is_thorough));
    collect(search);
    return {inputs, net, search.wish(), {}};
  }

  Point fitted(LayerFit fit, Point point) {
    legalize(point.net->graph(), point.wish);
    point.wish = fit_layers(fit, point.net->graph(), std::move(point.wish), point.inputs->clips.fit, settings_.search.is_quiet);
    return point;
  }

  /// The coefficients' powers of two as min/max or mse would choose them, one by one.
  void scale_inputs() {
    const Shape& input = plain_->graph().shape(plain_->graph().input);
    const bool has_front_end = takes_sound(model_) && model_.metadata.front_end.coefficient_count == input.back();  // which takes the scales over
    if (!has_front_end || !can_scale_input(plain_->graph())) return;
    const FeatureSet& clips = inputs_->clips.search;
    std::vector<ObservedRange> coefficients(static_cast<std::size_t>(plain_->graph().shape(plain_->graph().input).back()));
    for (std::size_t i = 0; i < clips.features.size(); ++i) coefficients[i % coefficients.size()].add({&clips.features[i], 1});
    for (const RangeRule rule : {RangeRule::minmax, RangeRule::percentile, RangeRule::mse}) {
      std::vector<int> shifts;
      for (const ObservedRange& range : coefficients) shifts.push_back(choose_format(rule, range, 8, settings_.search.percentile).int_bits());
      if (std::ranges::all_of(shifts, [&](int shift) { return shift == shifts.front(); })) continue;  // one format does it
      take(std::string("input scales by ") + rule_name(rule), [&] {
        Graph graph = plain_->prepared();
        scale_input(graph, shifts);
        const auto inputs = std::make_shared<const Inputs>(scaled(*inputs_, shifts));
        return descended(inputs, std::make_shared<CalibratedNet>(std::move(graph), inputs->clips.search, settings_.search), false);
      });
    }
  }

  static Inputs scaled(Inputs inputs, const std::vector<int>& shifts) {
    for (FeatureSet* clips : {&inputs.clips.search, &inputs.clips.fit, &inputs.clips.check}) scale_coefficients(*clips, shifts);
    inputs.shifts = shifts;
    return inputs;
  }

  void equalize(const Point& base) {
    std::map<ValueId, std::vector<float>> ranges;
    for (const TiedValues& values : activation_groups(base.net->graph())) ranges[values.front()] = base.net->observer().range(values.front()).channel_max_abs;
    const std::pair<const char*, EqualizeSettings> variants[] = {{"equalization by weights", {}},
                                                                 {"equalization by weights, powers of two", {.is_power_of_two = true}},
                                                                 {"equalization by activations", {.channel_max_abs = ranges}}};
    for (const auto& [name, variant] : variants) {
      Graph graph = base.net->prepared();
      if (equalize_layers(graph, variant) == 0) return;
      take(name + std::string(", fitted"), [&] {
        return fitted(fit_, descended(base.inputs, std::make_shared<CalibratedNet>(std::move(graph), base.inputs->clips.search, settings_.search), false));
      });
    }
  }

  void fill() {
    if (scalable_values(best_.net->graph()).empty()) return;
    take("range filling, fitted", [&] {
      Quantization wish = best_.wish, activations = best_.wish;
      wish.corrections.clear();
      activations.corrections.clear();
      for (const auto& [id, tensor] : best_.net->graph().initializers) activations.formats.erase(id);
      RangeSearch filling(setup(*best_.net), activations);
      const std::map<ValueId, double> divisors = fill_ranges(filling, settings_.search.is_quiet);
      collect(filling);
      Graph graph = best_.net->prepared();
      scale_values(graph, divisors);
      const auto net = std::make_shared<CalibratedNet>(std::move(graph), best_.inputs->clips.search, settings_.search);
      RangeSearch search(setup(*net), wish);
      descend_search(search, net->activations(), {}, descend_settings(false));
      collect(search);
      return fitted(fit_, {best_.inputs, net, search.wish(), {}});
    });
  }

  void refine() {
    take("refinement", [&] {
      RangeSearch search(setup(*best_.net), best_.wish);
      refine_search(search, best_.net->activations(), descend_settings(false));
      collect(search);
      return fitted(fit_, {best_.inputs, best_.net, search.wish(), {}});
    });
  }

  /// What a loop carries is rounded anew at every step: a state comes before single activations, together with the sums that lead to it.
  void widen_states() {
    for (const CarriedState& state : carried_states(best_.net->graph())) {
      if (is_inside() || !settings_.target.takes_wide_activations) return;
      Point point = best_;
      bool has_changed = false;
      for (const TiedValues& values : state.values) {
        if (!is_free(values) || point.wish.formats.at(values.front()).total_bits != 8) continue;
        set_format(point.wish, values, wide_format(best_.net->observer().range(values)));
        has_changed = true;
      }
      if (has_changed) take("16 bits for the state " + state.name, [&] { return fitted(fit_, point); });
    }
  }

  /// Not fixed by --act_max or --int16.
  bool is_free(const TiedValues& values) const {
    return std::ranges::any_of(best_.net->activations(), [&](const TiedValues& free) { return free.front() == values.front(); });
  }

  /// Of the activations that matter, those whose rounding costs most for a byte of RAM first, until the loss would be inside; then the fit, and
  /// once more where that was too few.
  void widen_activations() {
    for (int round = 0; round < kWideningRounds && settings_.target.takes_wide_activations && !is_inside(); ++round) {
      Point point = best_;
      std::string names;
      for (const TensorSensitivity& tensor : worth_widening(sensitivity_of(best_, SensitivityScope::harm_of_activations))) {
        set_format(point.wish, tensor.values, wide_format(best_.net->observer().range(tensor.values)));
        names += (names.empty() ? "" : ", ") + tensor.name;
        point.check = score(point);
        if (is_inside(point)) break;
      }
      if (names.empty() || !take("16 bits for " + names, [&] { return fitted(fit_, point); })) return;
    }
  }

  std::vector<TensorSensitivity> worth_widening(const Sensitivity& sensitivity) const {
    std::vector<TensorSensitivity> worth;
    for (const TensorSensitivity& tensor : sensitivity.tensors) {
      const bool is_narrow = tensor.kind == TensorKind::activation && tensor.format.total_bits == 8 && is_free(tensor.values);
      if (is_narrow && tensor.harm >= kWorthWidening * sensitivity.quantized_net.kl) worth.push_back(tensor);
    }
    const Graph& graph = best_.net->graph();
    std::ranges::stable_sort(worth, std::greater(), [&](const TensorSensitivity& tensor) {
      const double harm_per_byte = tensor.harm / static_cast<double>(element_count(graph.shape(tensor.values.front())));
      return std::pair(tensor.harm >= kDecisive * sensitivity.quantized_net.kl, harm_per_byte);
    });
    return worth;
  }

  Sensitivity sensitivity_of(const Point& point, SensitivityScope scope) const {
    return measure_sensitivity(point.net->result(model_.metadata, point.wish).model, point.inputs->clips.check, settings_.search.is_quiet, scope);
  }

  Metadata metadata(const Point& point) const {
    Metadata metadata = model_.metadata;
    std::vector<int>& shifts = metadata.front_end.coefficient_shifts;
    shifts.resize(std::max(shifts.size(), point.inputs->shifts.size()));
    for (std::size_t c = 0; c < point.inputs->shifts.size(); ++c) shifts[c] += point.inputs->shifts[c];
    return metadata;
  }

  RecipeResult result() {
    RecipeResult result{.quantized = best_.net->result(metadata(best_), best_.wish), .steps = std::move(steps_), .check = best_.check, .is_inside = is_inside(), .advice = {}};
    QuantizeResult& quantized = result.quantized;
    if (!book_.notice().empty()) quantized.remarks.push_back(book_.notice());
    for (const CarriedState& state : carried_states(best_.net->graph())) {
      const QFormat format = quantized.model.quantization->formats.at(state.values.front().front());
      quantized.remarks.push_back(fmt::format("{}: is carried from step to step as {} in {} bits{}", state.name, format.name(), format.total_bits,
                                              format.total_bits == 8 && result.is_inside ? "; 16 are not needed, the expected loss is inside --max-loss" : ""));
    }
    const RangeSearch end(setup(*best_.net), best_.wish);
    const RangeSearch start(setup(*plain_), plain_->formats(RangeRule::minmax));
    quantized.start = start.score();
    quantized.final = end.score();
    quantized.trace = std::move(trace_);
    quantized.evaluations = evaluations_;
    quantized.is_out_of_time = deadline_.has_passed();
    if (!result.is_inside) {
      const Sensitivity sensitivity = sensitivity_of(best_, SensitivityScope::harm);
      const TensorSensitivity& worst = sensitivity.tensors.front();
      result.advice = fmt::format("{} ({}) stands in the way: it explains {:.0f} % of the {} that is left; {}", worst.name,
                                  worst.layer.empty() ? "the input" : worst.layer, 100 * std::max(0.0, worst.harm) / std::max(sensitivity.quantized_net.kl, 1e-12),
                                  divergence_name(sensitivity.outputs), sensitivity.outputs == OutputKind::values ? "allow more noise (--max-loss)" : "fine-tune the net (qmn finetune)");
    }
    book_.remove();
    return result;
  }

  const Model& model_;
  RecipeSettings settings_;
  std::shared_ptr<const Inputs> inputs_;
  Deadline deadline_;
  ScoreBook book_;
  std::shared_ptr<const CalibratedNet> plain_;
  std::vector<float> check_reference_;
  Point best_;
  LayerFit fit_ = LayerFit::rounding;  // the best of them on this net
  std::vector<RecipeStep> steps_;
  std::vector<SearchStep> trace_;
  std::int64_t evaluations_ = 0;
};

}  // namespace

RecipeResult quantize_by_recipe(const Model& float_model, RecipeClips clips, const RecipeSettings& settings) {
  if (clips.check.row_count() == 0) fail_data("no check clips: which remedy helps cannot be decided");
  if (clips.fit.row_count() == 0) clips.fit = clips.search;
  return Recipe(float_model, std::move(clips), settings).run();
}

}  // namespace qmn
