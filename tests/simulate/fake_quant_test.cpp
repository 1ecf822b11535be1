// SPDX-License-Identifier: Apache-2.0
// Fake-quant predicts the simulator: raw · 2^-frac_bits of every tensor is the float that the engine computes, bit for bit. All
// accumulators of layers with int8 inputs stay below 2^24, where float is exact; those with int16 inputs are summed in double.
#include "engine/engine.h"

#include "lower/lower.h"
#include "plan/plan.h"
#include "random_nets.h"
#include "simulate/simulate.h"

#include <gtest/gtest.h>

#include <map>

namespace qmn {
namespace {

/// One clip of a tensor as the graph holds it: real and NCHW.
std::vector<float> as_value(const TensorBytes& bytes, const ProgramTensor& tensor) {
  const std::vector<std::int32_t> raw = raw_values(bytes, tensor.format);
  std::vector<float> reals(raw.size());
  const auto channels = static_cast<std::size_t>(tensor.channels), pixels = raw.size() / channels;
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::size_t c = 0; c < channels; ++c) {
      reals[c * pixels + pixel] = static_cast<float>(dequantize(raw[pixel * channels + c], tensor.format));
    }
  }
  return reals;
}

void expect_fake_quant_equals_simulator(RandomNet net) {
  const Model model = net.model();
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program));
  const std::int64_t clip_count = 40;
  const std::vector<float> inputs = net.inputs(clip_count);
  const TensorBytes raw = simulator.quantize_input(inputs, clip_count);
  const auto evaluator = engine().evaluator(model.graph, &*model.quantization);

  std::map<ValueId, std::vector<float>> observed;  // [clip][value]
  evaluator->run_observed(inputs, clip_count, [&](ValueId id, std::span<const float> reals, std::int64_t first_clip, std::int64_t count) {
    std::vector<float>& all = observed[id];
    const std::size_t clip_size = reals.size() / static_cast<std::size_t>(count);
    all.resize(clip_size * static_cast<std::size_t>(clip_count));
    std::copy(reals.begin(), reals.end(), all.begin() + static_cast<std::ptrdiff_t>(clip_size * static_cast<std::size_t>(first_clip)));
  });

  const std::size_t input_size = raw.size() / static_cast<std::size_t>(clip_count);
  for (std::size_t clip = 0; clip < static_cast<std::size_t>(clip_count); ++clip) {
    const auto tensors = simulator.trace(std::span(raw).subspan(clip * input_size, input_size));
    std::size_t compared = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const auto id = model.graph.find(program.tensors[i].name);
      if (!id) continue;  // the appended scores
      const std::vector<float>& all = observed.at(*id);
      const std::vector<float> simulated = as_value(tensors[i], program.tensors[i]);
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(clip * simulated.size());
      ASSERT_EQ(std::vector<float>(first, first + static_cast<std::ptrdiff_t>(simulated.size())), simulated)
          << program.tensors[i].name << ", clip " << clip;
      ++compared;
    }
    ASSERT_EQ(compared, program.tensors.size() - 1);
  }

  const TensorBytes logits = simulator.run(raw, clip_count).logits;
  const QFormat format = program.tensor(program.logits).format;
  std::vector<float> expected;
  for (std::int32_t value : raw_values(logits, format)) expected.push_back(static_cast<float>(dequantize(value, format)));
  ASSERT_EQ(evaluator->run(inputs, clip_count), expected);
}

TEST(FakeQuant, EqualsTheSimulatorOnRandomDsCnns) {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    ASSERT_NO_FATAL_FAILURE(expect_fake_quant_equals_simulator(random_ds_cnn(seed))) << "seed " << seed;
}

TEST(FakeQuant, EqualsTheSimulatorOnRandomDnns) {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    ASSERT_NO_FATAL_FAILURE(expect_fake_quant_equals_simulator(random_dnn(seed))) << "seed " << seed;
}

TEST(FakeQuant, EqualsTheSimulatorOnRandomNetsOfAllOperators) {
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    ASSERT_NO_FATAL_FAILURE(expect_fake_quant_equals_simulator(random_image_net(seed))) << "seed " << seed;
}

TEST(FakeQuant, EqualsTheSimulatorWithInt16ChannelsAndCorrections) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    ASSERT_NO_FATAL_FAILURE(expect_fake_quant_equals_simulator(random_ds_cnn(seed, NetFormats::wide))) << "seed " << seed;
    ASSERT_NO_FATAL_FAILURE(expect_fake_quant_equals_simulator(random_dnn(seed, NetFormats::wide))) << "seed " << seed;
    ASSERT_NO_FATAL_FAILURE(expect_fake_quant_equals_simulator(random_image_net(seed, NetFormats::wide))) << "seed " << seed;
  }
}

}  // namespace
}  // namespace qmn
