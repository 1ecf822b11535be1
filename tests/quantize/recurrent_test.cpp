// SPDX-License-Identifier: Apache-2.0
// Formats of nets with Scans, constants and several inputs: tied, legalized, searched, and what comes out lowers.
#include "base/random.h"
#include "engine/engine.h"
#include "lower/lower.h"
#include "models/models.h"
#include "nets.h"
#include "passes/passes.h"
#include "plan/plan.h"
#include "quantize/carried_states.h"
#include "quantize/layers.h"
#include "quantize/metrics.h"
#include "quantize/recipe.h"
#include "quantize/quantize.h"
#include "simulate/random_recurrent.h"
#include "simulate/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace qmn {
namespace {

using Maker = Model (*)(std::uint64_t);
constexpr Maker kMakers[] = {random_lstm, random_gru, random_crnn, random_branching_net};

const Scan* scan_of(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (const auto* scan = std::get_if<Scan>(&node)) return scan;
  }
  return nullptr;
}

TEST(Recurrent, WhatAScanHandsOnIsTied) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Model model = random_gru(seed);
    const Scan& scan = *scan_of(model.graph);
    const auto groups = activation_groups(model.graph);
    const auto group_of = [&](ValueId id) {
      return std::ranges::find_if(groups, [&](const TiedValues& values) { return std::ranges::count(values, id) > 0; });
    };
    EXPECT_EQ(group_of(scan.inputs[0].outer), group_of(scan.inputs[0].body_in));
    EXPECT_EQ(group_of(scan.states[0].body_in), group_of(scan.states[0].body_out));
    EXPECT_EQ(group_of(scan.states[0].body_in), group_of(scan.states[0].final_out));
    EXPECT_EQ(group_of(scan.states[0].body_out)->front(), scan.states[0].body_out);
    std::size_t count = 0;
    for (const TiedValues& values : groups) count += values.size();
    std::set<ValueId> distinct;
    for (const TiedValues& values : groups) distinct.insert(values.begin(), values.end());
    EXPECT_EQ(count, distinct.size()) << "a value stands in two groups";
  }
}

/// The first name of each group, behind that of the state.
std::vector<std::string> names_of(const Graph& graph, const CarriedState& state) {
  std::vector<std::string> names{state.name};
  for (const TiedValues& values : state.values) names.push_back(graph.value(values.front()).name);
  return names;
}

TEST(Recurrent, AStateComesWithTheSumsThatLeadToIt) {
  const auto states_of = [](const std::string& architecture, const std::vector<int>& size_info) {
    const Graph graph = prepare_for_inference(build_model(architecture, size_info, {}, 3, 1));
    std::vector<std::vector<std::string>> names;
    for (const CarriedState& state : carried_states(graph)) names.push_back(names_of(graph, state));
    return names;
  };
  using Names = std::vector<std::vector<std::string>>;
  EXPECT_EQ(states_of("gru", {1, 4}), (Names{{"gru_1_h", "gru_1_next_h_out", "gru_1_kept_out", "gru_1_change_out"}}));
  EXPECT_EQ(states_of("basic_lstm", {4}), (Names{{"lstm_c", "lstm_next_c_out", "lstm_kept_out", "lstm_added_out"}, {"lstm_h", "lstm_next_h_out"}}));
  EXPECT_EQ(states_of("lstm", {3, 4}), (Names{{"lstm_c", "lstm_next_c_out", "lstm_kept_out", "lstm_added_out"}, {"lstm_h", "lstm_projection_out"}}));
  EXPECT_EQ(states_of("dnn", {4}), Names{});
}

// Eight bits for what is carried lose much where a small change at each step is to add up; the recipe says what it chose.
TEST(Recurrent, TheRecipeWidensAStateThatStandsInTheWayAndSaysSo) {
  FrontEndSettings front_end;
  front_end.clip_samples = 8000, front_end.coefficient_count = 4;
  Model model{prepare_for_inference(build_model("basic_lstm", {8}, front_end, 3, 5)), {}, std::nullopt};
  model.metadata.front_end = front_end;
  const auto set = [&](const std::string& name, float factor, float shift) {
    for (float& real : model.graph.initializer(*model.graph.find(name)).data) real = real * factor + shift;
  };
  set("lstm_f_bias", 0, 6);       // c forgets nothing
  set("lstm_i_bias", 0, -3.5f);   // and takes in little
  set("fc_out_weights", 60, 0);
  const auto clips_of = [&](std::uint64_t seed) {
    FeatureSet clips;
    clips.features_per_clip = static_cast<int>(element_count(model.graph.shape(model.graph.input)));
    Random random{seed};
    for (int clip = 0; clip < 60; ++clip) {
      for (int i = 0; i < clips.features_per_clip; ++i) clips.features.push_back(static_cast<float>(random.normal()));
      clips.clip_ids.push_back(clip);
    }
    const std::vector<float> logits = engine().evaluator(model.graph, nullptr)->run(clips.features, 60);
    clips.labels = top1(logits, 3);
    return clips;
  };
  const RecipeClips clips{.search = clips_of(1), .fit = clips_of(2), .check = clips_of(3)};
  const auto recipe = [&](const std::string& target, double max_loss) {
    return quantize_by_recipe(model, clips, {.search = {.sweeps = 1, .is_quiet = true}, .target = quantization_target(target), .max_loss = max_loss});
  };
  const auto bits_of_c = [&](const RecipeResult& result) { return result.quantized.model.quantization->formats.at(*model.graph.find("lstm_next_c_out")).total_bits; };
  const auto says = [](const RecipeResult& result, const std::string& text) {
    return std::ranges::any_of(result.quantized.remarks, [&](const std::string& remark) { return remark.find(text) != std::string::npos; });
  };
  const RecipeResult strict = recipe("qmn", 0);
  const auto step = std::ranges::find(strict.steps, "16 bits for the state lstm_c", &RecipeStep::name);
  ASSERT_NE(step, strict.steps.end());
  EXPECT_TRUE(step->is_kept);
  EXPECT_EQ(bits_of_c(strict), 16);
  EXPECT_TRUE(says(strict, "lstm_c: is carried from step to step as Q")) << fmt::format("{}", fmt::join(strict.quantized.remarks, "\n"));
  EXPECT_NO_THROW(plan_memory(lower(strict.quantized.model)));

  const RecipeResult lenient = recipe("qmn", 100), narrow = recipe("cmsis-nn-q7", 0);
  EXPECT_EQ(bits_of_c(lenient), 8);
  EXPECT_TRUE(says(lenient, "16 are not needed"));
  EXPECT_EQ(bits_of_c(narrow), 8);
  EXPECT_FALSE(says(narrow, "16 are not needed"));
}

TEST(Recurrent, AnyFormatsLowerOnceTheyAreLegalized) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Model model = kMakers[seed % 4](seed);
    Quantization& quantization = *model.quantization;
    Random random{77, seed};
    for (auto& [id, format] : quantization.formats) format.frac_bits = static_cast<int>(random.uniform_int(14)) - 1;
    for (const TiedValues& values : activation_groups(model.graph)) {
      for (ValueId value : values) quantization.formats[value] = quantization.formats[values.front()];
    }
    legalize(model.graph, quantization);
    Quantization again = quantization;
    EXPECT_TRUE(legalize(model.graph, again).empty()) << "seed " << seed;
    EXPECT_EQ(again.formats, quantization.formats);
    ASSERT_NO_THROW(plan_memory(lower(model))) << "seed " << seed;
  }
}

TEST(Recurrent, TheOneOfOneMinusUIsExact) {
  Model model = random_gru(3);
  const ValueId one = model.graph.add_initializer("one", {{1}, {1.0f}});
  Add add;
  add.name = "add_one";
  add.left = model.graph.output;
  add.constant = one;
  add.output = model.graph.add_value("plus_one", model.graph.shape(model.graph.output));
  model.graph.nodes.emplace_back(add);
  model.graph.output = add.output;
  EXPECT_EQ(quantize_parameters(model.graph, 8).formats.at(one), (QFormat{8, 6}));
  model.graph.initializers.at(one).data = {-1.0f};
  EXPECT_EQ(quantize_parameters(model.graph, 8).formats.at(one), (QFormat{8, 7}));  // -1 is the end of Q0.7
}

TEST(Recurrent, SearchedFormatsShipAsTheSearchSawThem) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Model model = kMakers[seed](seed + 5);
    model.quantization.reset();
    FeatureSet calibration;
    const std::int64_t size = element_count(model.graph.shape(model.graph.input)), classes = element_count(model.graph.shape(model.graph.output));
    calibration.features_per_clip = static_cast<int>(size);
    Random random{78, seed};
    for (int clip = 0; clip < 40; ++clip) {
      for (std::int64_t i = 0; i < size; ++i) calibration.features.push_back(static_cast<float>(random.normal()));
      calibration.labels.push_back(static_cast<int>(random.uniform_int(static_cast<std::uint64_t>(classes))));
    }
    for (const RangeMethod method : {RangeMethod::minmax, RangeMethod::descend}) {
      QuantizeSettings settings;
      settings.method = method;
      settings.sweeps = 1;
      settings.is_quiet = true;
      const Model quantized = quantize_model(model, calibration, settings).model;
      const Program program = lower(quantized, {.adds_softmax = false});
      const Simulator simulator(program, plan_memory(program));
      const auto logits = simulator.run(simulator.quantize_input(calibration.features, 40), 40).logits;
      std::vector<float> expected;
      for (std::int8_t raw : logits) expected.push_back(static_cast<float>(dequantize(raw, program.tensor(program.logits).format)));
      EXPECT_EQ(engine().evaluator(quantized.graph, &*quantized.quantization)->run(calibration.features, 40), expected) << "net " << seed;
    }
  }
}

}  // namespace
}  // namespace qmn
