// SPDX-License-Identifier: Apache-2.0
// bench/search_bench.cpp   What one score of a range search costs, for equal results: 100 clips through DS-CNN S
//   by the float engine's fake-quant, the whole net, or what lies behind the changed tensor (the mean over all tensors: what a sweep pays)
//   by the integer simulator, the whole net
// The searches take the faster one. Run: bin/qmn_search_bench
#include "base/random.h"
#include "engine/engine.h"
#include "lower/lower.h"
#include "models/models.h"
#include "passes/passes.h"
#include "plan/plan.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "simulate/simulate.h"

#include <benchmark/benchmark.h>

namespace qmn {
namespace {

constexpr std::int64_t kClips = 100;

struct Net {
  Model model;
  FeatureSet clips;
  Net() {
    const std::vector<int> size{5, 64, 10, 4, 2, 2, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1};
    Model float_model{build_model("ds_cnn", size, published_front_end("ds_cnn"), 12, 1), {}, std::nullopt};
    Random random({1});
    clips.features_per_clip = static_cast<int>(element_count(float_model.graph.shape(float_model.graph.input)));
    clips.features.resize(static_cast<std::size_t>(kClips) * static_cast<std::size_t>(clips.features_per_clip));
    for (float& feature : clips.features) feature = static_cast<float>(random.normal());
    clips.labels.assign(kClips, 0);
    for (int clip = 0; clip < kClips; ++clip) clips.clip_ids.push_back(clip);
    model = quantize_model(float_model, clips, {.method = RangeMethod::minmax, .is_quiet = true}).model;
  }
};
const Net& net() {
  static const Net one;
  return one;
}

void whole_by_fake_quant(benchmark::State& state) {
  const Graph graph = up_to_logits(net().model.graph);
  const auto evaluator = engine().evaluator(graph, &*net().model.quantization);
  for (auto _ : state) benchmark::DoNotOptimize(evaluator->run(net().clips.features, kClips));
}

void suffix_by_fake_quant(benchmark::State& state) {
  const Graph graph = up_to_logits(net().model.graph);
  const auto session = engine().search_session(graph, *net().model.quantization, net().clips.features, kClips);
  std::vector<Quantization> tries;
  for (const auto& [value, format] : net().model.quantization->formats) {
    Quantization changed = *net().model.quantization;
    ++changed.formats[value].frac_bits;
    tries.push_back(std::move(changed));
  }
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(session->try_quantization(tries[next++ % tries.size()]));
}

void whole_by_simulator(benchmark::State& state) {
  const Program program = lower(net().model);
  const Simulator simulator(program, plan_memory(program));
  for (auto _ : state) benchmark::DoNotOptimize(simulator.run(simulator.quantize_input(net().clips.features, kClips), kClips));
}

BENCHMARK(whole_by_fake_quant)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(suffix_by_fake_quant)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(whole_by_simulator)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace qmn

BENCHMARK_MAIN();
