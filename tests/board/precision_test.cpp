// SPDX-License-Identifier: Apache-2.0
// All that a quantization may hold beyond one 8-bit format a tensor (docs/adr/0009): corrections from adaptive rounding, formats for channels,
// 16-bit activations. Fake-quant = simulator = emitted C on the host = emitted C on the board.
#include "base/random.h"
#include "base/subprocess.h"
#include "board/board.h"
#include "emit/compile.h"
#include "emit/programs.h"
#include "engine/engine.h"
#include "lower/lower.h"
#include "models/models.h"
#include "passes/passes.h"
#include "plan/plan.h"
#include "quantize/evaluate.h"
#include "quantize/layer_fit.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "simulate/simulate.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr int kClasses = 5;

struct Net {
  Model model;
  FeatureSet clips;
};

/// A small DS-CNN (one strided depthwise-separable layer, odd channels), its channels spread over 2^6, on coefficients spread over 2^9.
Net precise_net() {
  FrontEndSettings front_end = published_front_end("ds_cnn");
  front_end.clip_samples = 8000;
  Model model{build_model("ds_cnn", {3, 7, 5, 4, 2, 2, 7, 3, 3, 1, 1, 10, 3, 3, 2, 1}, front_end, kClasses, 11), {}, std::nullopt};
  Random random({0x7072});
  for (auto& [id, tensor] : model.graph.initializers) {
    if (tensor.shape.size() != 4) continue;
    const std::size_t per_channel = tensor.data.size() / static_cast<std::size_t>(tensor.shape[0]);
    for (std::size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = static_cast<float>(std::ldexp(tensor.data[i], -static_cast<int>(i / per_channel % 7)));
  }
  Net net{std::move(model), {}};
  const auto coefficients = static_cast<int>(net.model.graph.shape(net.model.graph.input).back());
  net.clips.features_per_clip = static_cast<int>(element_count(net.model.graph.shape(net.model.graph.input)));
  for (int clip = 0; clip < 60; ++clip) {
    for (int i = 0; i < net.clips.features_per_clip; ++i) net.clips.features.push_back(static_cast<float>(std::ldexp(random.normal(), 4 - i % coefficients)));
    net.clips.labels.push_back(clip % kClasses);
    net.clips.clip_ids.push_back(clip);
  }
  net.clips.paths.resize(60);
  const std::string first = net.model.graph.value(net.model.graph.input).name;
  const QuantizeSettings settings{.method = RangeMethod::minmax, .bias_bits = 32, .wide_activations = {first, "dw_1_out", "avg_pool_out"}, .is_per_channel = true, .is_quiet = true};
  net.model = quantize_model(net.model, net.clips, settings).model;
  const Graph graph = up_to_logits(net.model.graph);
  net.model.quantization = fit_layers(LayerFit::rounding, graph, *net.model.quantization, net.clips, true);
  return net;
}

class PrecisionOnBoard : public testing::TestWithParam<std::string> {};

TEST_P(PrecisionOnBoard, EqualsTheSimulatorByteForByte) {
  for (const char* program : {"cmake", "cc", "arm-none-eabi-gcc", "qemu-system-arm"}) {
    if (!find_program(program)) GTEST_SKIP() << "no " << program;
  }
  const Net net = precise_net();
  const Quantization& quantization = *net.model.quantization;
  ASSERT_FALSE(quantization.channel_frac_bits.empty());
  ASSERT_FALSE(quantization.corrections.empty());
  ASSERT_EQ(std::ranges::count_if(activation_groups(up_to_logits(net.model.graph)), [&](const TiedValues& values) { return quantization.formats.at(values.front()).total_bits == 16; }), 3);

  const Program program = lower(net.model);
  const MemoryPlan plan = plan_memory(program);
  const Simulator simulator(program, plan);
  const TensorBytes bytes = simulator.quantize_input(net.clips.features, net.clips.row_count());
  const std::size_t clip_bytes = bytes.size() / net.clips.labels.size();
  std::vector<TensorBytes> inputs = extreme_inputs(program, 10, 3);
  for (std::size_t clip = 0; clip < net.clips.labels.size(); ++clip) inputs.emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(clip * clip_bytes), bytes.begin() + static_cast<std::ptrdiff_t>((clip + 1) * clip_bytes));

  const TemporaryFolder folder;
  write_files(emit_project(program, plan, {.board = "mps2-an386", .known_answers = known_answers(program, plan, extreme_inputs(program, 2, 9)), .prefix = "qmn"}), folder.path());
  const BoardRun run = run_firmware(build_firmware(folder.path(), GetParam()), GetParam(), inputs, false);
  EXPECT_EQ(run.selftest_mismatches, 0);
  ASSERT_EQ(run.logits.size(), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(run.logits[i], simulator.run(inputs[i], 1).logits) << "input " << i;
  EXPECT_EQ(fake_quant_logits(net.model, net.clips), integer_logits(net.model, net.clips));
}

INSTANTIATE_TEST_SUITE_P(Boards, PrecisionOnBoard, testing::Values("host", "mps2-an386"), [](const auto& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace qmn
