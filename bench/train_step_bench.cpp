// SPDX-License-Identifier: Apache-2.0
// bench/train_step_bench.cpp   What one training step of each net of Hello Edge in size S costs: batch of 100, forward, backward, Adam; on one
// thread and on all. "to_ds_cnn" is the time over that of DS-CNN on as many threads. The batch is random: making one from recordings is not in it.
// Run: bin/qmn_train_step_bench
#include "base/random.h"
#include "engine/engine.h"
#include "models/models.h"

#include <benchmark/benchmark.h>
#include <tbb/global_control.h>

#include <chrono>
#include <map>
#include <thread>

namespace qmn {
namespace {

constexpr std::int64_t kClips = 100;
constexpr int kLabels = 12;
constexpr const char* kReference = "ds_cnn";

struct Batch {
  std::vector<float> features, targets;
  explicit Batch(std::int64_t features_per_clip) : features(static_cast<std::size_t>(kClips * features_per_clip)), targets(static_cast<std::size_t>(kClips * kLabels)) {
    Random random({1});
    for (float& feature : features) feature = static_cast<float>(random.normal());
    for (std::size_t clip = 0; clip < static_cast<std::size_t>(kClips); ++clip) targets[clip * kLabels + clip % kLabels] = 1;
  }
};

void train_step(benchmark::State& state, const std::string& architecture, std::size_t threads) {
  static std::map<std::size_t, double> reference_seconds;  // by threads; DS-CNN runs first
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  const Graph graph = build_model(architecture, published_size_info(architecture, "s"), published_front_end(architecture, "s"), kLabels, 1);
  const Batch batch(element_count(graph.shape(graph.input)));
  const auto trainer = engine().trainer(graph, nullptr);
  trainer->step(batch.features, batch.targets, kClips, {});  // the first makes what later ones find
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(trainer->step(batch.features, batch.targets, kClips, {}));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / static_cast<double>(state.iterations());
  if (architecture == kReference) reference_seconds[threads] = seconds;
  if (const auto reference = reference_seconds.find(threads); reference != reference_seconds.end()) state.counters["to_ds_cnn"] = seconds / reference->second;
}

void register_all() {
  std::vector<std::string> architectures = architecture_names();
  std::erase(architectures, kReference);
  architectures.insert(architectures.begin(), kReference);
  for (const std::size_t threads : {std::size_t{1}, std::size_t{std::max(1u, std::thread::hardware_concurrency())}}) {
    for (const std::string& architecture : architectures) {
      benchmark::RegisterBenchmark(("train_step/" + architecture + "/threads:" + std::to_string(threads)).c_str(),
                                   [architecture, threads](benchmark::State& state) { train_step(state, architecture, threads); })
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
}

}  // namespace
}  // namespace qmn

int main(int argument_count, char** arguments) {
  benchmark::Initialize(&argument_count, arguments);
  if (benchmark::ReportUnrecognizedArguments(argument_count, arguments)) return 2;
  qmn::register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
