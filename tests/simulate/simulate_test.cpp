// SPDX-License-Identifier: Apache-2.0
#include "simulate/simulate.h"

#include "lower/lower.h"
#include "plan/plan.h"
#include "random_nets.h"
#include "reference.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

using Bytes = std::vector<std::int8_t>;

/// A value of the graph, NCHW and real, as its tensor of the program holds it: raw NHWC, int16 with the low byte first.
Bytes as_tensor(const reference::Reals& reals, const ProgramTensor& tensor) {
  Bytes raw;
  const int pixels = tensor.height * tensor.width;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    for (int c = 0; c < tensor.channels; ++c) {
      const auto value = static_cast<std::int16_t>(std::ldexp(reals.at(static_cast<std::size_t>(c * pixels + pixel)), tensor.format.frac_bits));
      raw.push_back(static_cast<std::int8_t>(value & 0xff));
      if (tensor.format.total_bits == 16) raw.push_back(static_cast<std::int8_t>(value >> 8));
    }
  }
  return raw;
}

std::span<const float> clip_of(const std::vector<float>& inputs, std::int64_t clip, std::int64_t clip_count) {
  const std::size_t size = inputs.size() / static_cast<std::size_t>(clip_count);
  return std::span(inputs).subspan(static_cast<std::size_t>(clip) * size, size);
}

/// Every tensor of every clip, and the logits of run(), against the evaluation in real numbers.
void expect_equal_to_reference(RandomNet net, HostKernels host_kernels) {
  const Model model = net.model();
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program), host_kernels);
  const std::int64_t clip_count = 5;
  const std::vector<float> inputs = net.inputs(clip_count);
  const Bytes raw = simulator.quantize_input(inputs, clip_count);
  const Simulator::Result result = simulator.run(raw, clip_count);
  const std::size_t logits_size = result.logits.size() / static_cast<std::size_t>(clip_count);
  for (std::int64_t clip = 0; clip < clip_count; ++clip) {
    const reference::Evaluation expected(model, clip_of(inputs, clip, clip_count));
    const std::size_t raw_size = raw.size() / static_cast<std::size_t>(clip_count);
    const auto tensors = simulator.trace(std::span(raw).subspan(static_cast<std::size_t>(clip) * raw_size, raw_size));
    ASSERT_EQ(tensors.size(), program.tensors.size());
    std::size_t compared = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const ProgramTensor& tensor = program.tensors[i];
      const auto id = model.graph.find(tensor.name);
      if (!id) continue;  // the appended scores
      ASSERT_EQ(tensors[i], as_tensor(expected.value(*id), tensor)) << tensor.name;
      ++compared;
    }
    EXPECT_EQ(compared, program.tensors.size() - 1);
    const auto row = result.logits.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(clip) * logits_size);
    ASSERT_EQ(Bytes(row, row + static_cast<std::ptrdiff_t>(logits_size)),
              as_tensor(expected.value(model.graph.output), program.tensor(program.logits)));
  }
}

/// By the host's own kernels and by those of runtime/.
void expect_equal_to_reference(const RandomNet& net) {
  ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(net, HostKernels::fastest));
  ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(net, HostKernels::reference)) << "by the reference kernels";
}

TEST(Simulator, EqualsTheDefinitionsOnRandomDsCnns) {
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random_ds_cnn(seed))) << "seed " << seed;
}

TEST(Simulator, EqualsTheDefinitionsOnRandomDnns) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random_dnn(seed))) << "seed " << seed;
}

TEST(Simulator, EqualsTheDefinitionsOnRandomNetsOfAllOperators) {
  for (std::uint64_t seed = 0; seed < 300; ++seed)
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random_image_net(seed))) << "seed " << seed;
}

TEST(Simulator, EqualsTheDefinitionsWithInt16ChannelsAndCorrections) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random_ds_cnn(seed, NetFormats::wide))) << "seed " << seed;
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random_dnn(seed, NetFormats::wide))) << "seed " << seed;
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random_image_net(seed, NetFormats::wide))) << "seed " << seed;
  }
}

void expect_scores_of_logits(QFormat logits_format) {
  RandomNet net = random_dnn(7);
  Model model = net.model();
  model.quantization->formats[model.graph.output] = logits_format;
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program));
  const Simulator::Result result = simulator.run(simulator.quantize_input(net.inputs(20), 20), 20);
  const std::vector<std::int32_t> logits = raw_values(result.logits, logits_format);
  ASSERT_EQ(result.scores.size(), logits.size());
  const std::size_t classes = logits.size() / 20;
  for (std::size_t clip = 0; clip < 20; ++clip) {
    double sum = 0;
    for (std::size_t i = 0; i < classes; ++i) sum += std::exp(std::ldexp(logits[clip * classes + i], -logits_format.frac_bits));
    for (std::size_t i = 0; i < classes; ++i) {
      const double score = std::exp(std::ldexp(logits[clip * classes + i], -logits_format.frac_bits)) / sum;
      EXPECT_LE(std::fabs(result.scores[clip * classes + i] / 128.0 - score), 1.0 / 128);
    }
  }
}

TEST(Simulator, ScoresAreTheSoftmaxOfTheLogits) {
  ASSERT_NO_FATAL_FAILURE(expect_scores_of_logits({8, 2}));
  ASSERT_NO_FATAL_FAILURE(expect_scores_of_logits({16, 9}));
}

TEST(Simulator, WithoutASoftmaxThereAreNoScores) {
  RandomNet net = random_dnn(8);
  const Program program = lower(net.model(), {.adds_softmax = false});
  const Simulator simulator(program, plan_memory(program));
  const Simulator::Result result = simulator.run(simulator.quantize_input(net.inputs(3), 3), 3);
  EXPECT_FALSE(result.logits.empty());
  EXPECT_TRUE(result.scores.empty());
}

TEST(Simulator, AClipsResultDependsOnNoOtherClip) {
  RandomNet net = random_ds_cnn(9);
  const Program program = lower(net.model());
  const Simulator simulator(program, plan_memory(program));
  const std::int64_t clip_count = 203;
  const Bytes raw = simulator.quantize_input(net.inputs(clip_count), clip_count);
  const Simulator::Result together = simulator.run(raw, clip_count);
  Simulator::Result one_by_one;
  const std::size_t size = raw.size() / static_cast<std::size_t>(clip_count);
  for (std::size_t clip = 0; clip < static_cast<std::size_t>(clip_count); ++clip) {
    const Simulator::Result one = simulator.run(std::span(raw).subspan(clip * size, size), 1);
    one_by_one.logits.insert(one_by_one.logits.end(), one.logits.begin(), one.logits.end());
    one_by_one.scores.insert(one_by_one.scores.end(), one.scores.begin(), one.scores.end());
  }
  EXPECT_EQ(together.logits, one_by_one.logits);
  EXPECT_EQ(together.scores, one_by_one.scores);
  EXPECT_TRUE(simulator.run({}, 0).logits.empty());
}

TEST(Simulator, TheResultDoesNotDependOnThePlan) {
  RandomNet net = random_image_net(10);
  const Program program = lower(net.model());
  MemoryPlan roomy;  // every tensor in a place of its own
  for (const ProgramTensor& tensor : program.tensors) {
    roomy.offsets.push_back(roomy.arena_bytes);
    roomy.arena_bytes += (tensor.size_bytes() + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
  }
  const Simulator tight_simulator(program, plan_memory(program)), roomy_simulator(program, roomy);
  const Bytes raw = tight_simulator.quantize_input(net.inputs(1), 1);
  EXPECT_EQ(tight_simulator.trace(raw), roomy_simulator.trace(raw));
  EXPECT_EQ(tight_simulator.run(raw, 1).logits, roomy_simulator.run(raw, 1).logits);
}

TEST(Simulator, TheInputIsQuantizedTiesUpAndBroughtToNhwc) {
  RandomNet net(11, {1, 2, 1, 3});
  net.flatten();
  net.fully_connected(2);
  Model model = net.model();
  model.quantization->formats[model.graph.input] = {8, 1};
  model.quantization->formats[*model.graph.find("flatten_0_out")] = {8, 1};
  for (auto& [id, format] : model.quantization->formats) {  // low enough for any accumulator
    if (id == model.graph.output || (model.graph.is_initializer(id) && model.graph.shape(id).size() == 1)) format = {8, -8};
  }
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program));
  // channel 0: 0.25 (a tie), -0.25 (a tie), 1; channel 1: 1000, -1000, -0.3
  const std::vector<float> reals{0.25f, -0.25f, 1, 1000, -1000, -0.3f};
  EXPECT_EQ(simulator.quantize_input(reals, 1), (Bytes{1, 127, 0, -128, 2, -1}));
}

TEST(SimulatorDeathTest, ABrokenPlanIsRefused) {
  const Program program = lower(random_dnn(12).model());
  MemoryPlan plan = plan_memory(program);
  plan.offsets.back() = plan.arena_bytes;
  EXPECT_DEATH(Simulator(program, plan), "leaves the arena");
}

}  // namespace
}  // namespace qmn
