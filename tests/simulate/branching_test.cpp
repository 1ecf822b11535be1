// SPDX-License-Identifier: Apache-2.0
// Nets whose nodes have several inputs or a state: simulator = the definitions in real numbers = fake-quant, tensor by tensor; of a loop's body
// the last step. The inputs fill the range of int8, the extremes among them.
#include "engine/engine.h"

#include "lower/lower.h"
#include "plan/plan.h"
#include "random_recurrent.h"
#include "reference.h"
#include "simulate/simulate.h"

#include <gtest/gtest.h>

#include <cstring>

namespace qmn {
namespace {

using Bytes = std::vector<std::int8_t>;

/// All -128, all 127, alternating, then random: real and NCHW.
std::vector<float> extreme_inputs(const Model& model, std::int64_t clip_count, std::uint64_t seed) {
  const QFormat format = model.quantization->formats.at(model.graph.input);
  const std::int64_t size = element_count(model.graph.shape(model.graph.input));
  Random random{seed, 3};
  std::vector<float> reals;
  for (std::int64_t clip = 0; clip < clip_count; ++clip) {
    for (std::int64_t i = 0; i < size; ++i) {
      std::int64_t raw = static_cast<std::int64_t>(random.uniform_int(256)) - 128;
      if (clip == 0) raw = -128;
      if (clip == 1) raw = 127;
      if (clip == 2) raw = i % 2 == 0 ? -128 : 127;
      reals.push_back(static_cast<float>(dequantize(raw, format)));
    }
  }
  return reals;
}

std::vector<double> real_values(const Bytes& bytes, const ProgramTensor& tensor) {
  std::vector<double> reals;
  for (int i = 0; i < tensor.value_count(); ++i) {
    std::int16_t wide = 0;
    if (tensor.format.total_bits == 16) std::memcpy(&wide, bytes.data() + 2 * i, 2);
    reals.push_back(dequantize(tensor.format.total_bits == 16 ? wide : bytes[static_cast<std::size_t>(i)], tensor.format));
  }
  return reals;
}

/// An image of the graph as it lies in memory.
std::vector<double> in_nhwc(const std::vector<double>& nchw, const ProgramTensor& tensor) {
  std::vector<double> nhwc;
  const int pixels = tensor.height * tensor.width;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    for (int c = 0; c < tensor.channels; ++c) nhwc.push_back(nchw.at(static_cast<std::size_t>(c * pixels + pixel)));
  }
  return nhwc;
}

void expect_equal_to_reference(const Model& model, std::uint64_t seed, HostKernels host_kernels) {
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program), host_kernels);
  const std::int64_t clip_count = 12;
  const std::vector<float> inputs = extreme_inputs(model, clip_count, seed);
  const Bytes raw = simulator.quantize_input(inputs, clip_count);
  const std::size_t size = raw.size() / static_cast<std::size_t>(clip_count);
  for (std::size_t clip = 0; clip < static_cast<std::size_t>(clip_count); ++clip) {
    const reference::Evaluation expected(model, std::span(inputs).subspan(clip * size, size));
    const auto tensors = simulator.trace(std::span(raw).subspan(clip * size, size));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const ProgramTensor& tensor = program.tensors[i];
      const auto id = model.graph.find(tensor.name);
      if (!id || tensors[i].empty()) continue;  // the scores and copies of results; the slices that a loop reads
      std::vector<double> found = real_values(tensors[i], tensor), wanted = in_nhwc(expected.value(*id), tensor);
      if (model.graph.shape(*id).size() == 2) {  // a row that holds a flattened image lies in the image's order
        std::sort(found.begin(), found.end());
        std::sort(wanted.begin(), wanted.end());
      }
      ASSERT_EQ(found, wanted) << tensor.name << ", clip " << clip;
    }
    const Bytes logits = simulator.run(std::span(raw).subspan(clip * size, size), 1).logits;
    ASSERT_EQ(real_values(logits, program.tensor(program.logits)), expected.value(model.graph.output)) << "clip " << clip;
  }
}

void expect_equal_to_reference(const Model& model, std::uint64_t seed) {
  ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(model, seed, HostKernels::fastest));
  ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(model, seed, HostKernels::reference)) << "by the reference kernels";
}

void expect_fake_quant_equal(const Model& model, std::uint64_t seed) {
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program));
  const std::int64_t clip_count = 300;
  const std::vector<float> inputs = extreme_inputs(model, clip_count, seed);
  const Bytes logits = simulator.run(simulator.quantize_input(inputs, clip_count), clip_count).logits;
  std::vector<float> expected;
  for (std::int8_t value : logits) expected.push_back(static_cast<float>(dequantize(value, program.tensor(program.logits).format)));
  ASSERT_EQ(engine().evaluator(model.graph, &*model.quantization)->run(inputs, clip_count), expected);
}

struct Kind {
  const char* name;
  Model (*make)(std::uint64_t seed);
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class Branching : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Nets, Branching,
                         testing::Values(Kind{"Lstm", random_lstm}, Kind{"Gru", random_gru}, Kind{"Crnn", random_crnn},
                                         Kind{"Images", random_branching_net}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(Branching, SimulatorEqualsTheDefinitions) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(GetParam().make(seed), seed));
  }
}

TEST_P(Branching, FakeQuantEqualsTheSimulatorOn300Inputs) {
  for (std::uint64_t seed = 100; seed < 130; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    ASSERT_NO_FATAL_FAILURE(expect_fake_quant_equal(GetParam().make(seed), seed));
  }
}

}  // namespace
}  // namespace qmn
