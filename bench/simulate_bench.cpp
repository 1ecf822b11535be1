// SPDX-License-Identifier: Apache-2.0
// bench/simulate_bench.cpp   What one inference in the simulator costs on one thread: by the host's own kernels, and by the reference kernels of
// runtime/ (which the compiler vectorizes for AVX2 too), in turns. `s16`: with all activations in 16 bits.
//   ms       processor time of an inference by the host's own kernels
//   ref_ms   by the reference
//   ratio    ref_ms / ms
// Run: bin/qmn_simulate_bench
#include "base/random.h"
#include "lower/lower.h"
#include "models/models.h"
#include "plan/plan.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "simulate/simulate.h"

#include <benchmark/benchmark.h>

#include <ctime>

namespace qmn {
namespace {

/// Clips that the simulator runs in one task: on one thread.
constexpr std::int64_t kClips = 16;

Program program_of(const std::string& architecture, bool is_wide) {
  const Model untrained{build_model(architecture, published_size_info(architecture, "s"), published_front_end(architecture), 12, 1), {}, std::nullopt};
  Random random({1});
  FeatureSet clips;
  clips.features_per_clip = static_cast<int>(element_count(untrained.graph.shape(untrained.graph.input)));
  clips.features.resize(static_cast<std::size_t>(kClips * clips.features_per_clip));
  for (float& feature : clips.features) feature = static_cast<float>(random.normal());
  clips.labels.assign(kClips, 0);
  for (int clip = 0; clip < kClips; ++clip) clips.clip_ids.push_back(clip);
  QuantizeSettings settings{.method = RangeMethod::minmax, .bias_bits = 32, .is_quiet = true};
  Model model = quantize_model(untrained, clips, settings).model;
  if (is_wide) {
    for (const TiedValues& values : activation_groups(model.graph)) settings.wide_activations.push_back(model.graph.value(values.front()).name);
    model = quantize_model(untrained, clips, settings).model;
  }
  return lower(model);
}

double milliseconds(const Simulator& simulator, const TensorBytes& inputs) {
  const std::clock_t start = std::clock();
  benchmark::DoNotOptimize(simulator.run(inputs, kClips));
  return static_cast<double>(std::clock() - start) * 1000 / CLOCKS_PER_SEC / static_cast<double>(kClips);
}

void an_inference(benchmark::State& state, const std::string& architecture, bool is_wide) {
  const Program program = program_of(architecture, is_wide);
  const Simulator fastest(program, plan_memory(program)), reference(program, plan_memory(program), HostKernels::reference);
  Random random({2});
  TensorBytes inputs(static_cast<std::size_t>(kClips * program.tensor(program.input).size_bytes()));
  for (std::int8_t& byte : inputs) byte = static_cast<std::int8_t>(random.uniform_int(256));
  double own = 0, ref = 0;
  for (auto _ : state) {
    own += milliseconds(fastest, inputs);
    ref += milliseconds(reference, inputs);
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["ms"] = own / runs;
  state.counters["ref_ms"] = ref / runs;
  state.counters["ratio"] = ref / own;
}

BENCHMARK_CAPTURE(an_inference, ds_cnn_s, "ds_cnn", false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(an_inference, ds_cnn_s_s16, "ds_cnn", true)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(an_inference, cnn_s, "cnn", false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(an_inference, dnn_s, "dnn", false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(an_inference, lstm_s, "lstm", false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(an_inference, gru_s, "gru", false)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace qmn

BENCHMARK_MAIN();
