// SPDX-License-Identifier: Apache-2.0
// Formats of nets with Scans, constants and several inputs: tied, legalized, searched, and what comes out lowers.
#include "base/random.h"
#include "engine/engine.h"
#include "lower/lower.h"
#include "nets.h"
#include "plan/plan.h"
#include "quantize/layers.h"
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
