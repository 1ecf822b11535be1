// SPDX-License-Identifier: Apache-2.0
// engine/evaluator.cpp   Inference over any number of clips.
#include "base/parallel.h"
#include "engine/executor.h"
#include "engine/torch_guard.h"

#include <thread>

namespace qmn {
namespace {

class TorchEvaluator : public Evaluator {
 public:
  TorchEvaluator(const Graph& graph, const Quantization* quantization)
      : graph_(graph), quantization_(quantization == nullptr ? Quantization{} : *quantization), parameters_(make_parameters(graph_, quantization_)) {}

  std::vector<float> run(std::span<const float> inputs, std::int64_t clip_count) override {
    return guarded([&] { return run_graph(graph_, parameters_, quantization_, inputs, clip_count); });
  }

  void run_observed(std::span<const float> inputs, std::int64_t clip_count, const Observe& observe) override {
    guarded([&] {
      const Chunks chunks = make_chunks(graph_, inputs, clip_count);
      const std::int64_t group = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
      for (std::int64_t first = 0; first < chunks.count(); first += group) {
        std::vector<Seen> seen(static_cast<std::size_t>(std::min(group, chunks.count() - first)));
        parallel_for(seen.size(), [&](std::size_t i) { seen[i] = run_chunk(inputs, chunks, first + static_cast<std::int64_t>(i)); });
        for (std::size_t i = 0; i < seen.size(); ++i) report(seen[i], chunks, first + static_cast<std::int64_t>(i), observe);
      }
    });
  }

 private:
  using Seen = std::vector<std::pair<ValueId, at::Tensor>>;  // in order of execution

  Seen run_chunk(std::span<const float> inputs, const Chunks& chunks, std::int64_t chunk) const {
    const OperationThreads single(1);
    const c10::InferenceMode inference;
    Values values{{graph_.input, load_chunk(graph_, inputs, chunks, chunk, quantization_)}};
    Seen seen{{graph_.input, values.at(graph_.input)}};
    const ObserveBody see = [&](ValueId id, const at::Tensor& value) { seen.emplace_back(id, value); };
    for (const Node& node : graph_.nodes) {
      store_outputs(node, run_node(graph_, node, inputs_of(node, values), parameters_, quantization_, see), values);
      for (ValueId id : outputs_of(node)) seen.emplace_back(id, values.at(id));
    }
    return seen;
  }

  void report(const Seen& seen, const Chunks& chunks, std::int64_t chunk, const Observe& observe) const {
    for (const auto& [id, value] : seen) {
      observe(id, {value.data_ptr<float>(), static_cast<std::size_t>(value.numel())}, chunks.first(chunk), chunks.size(chunk));
    }
  }

  Graph graph_;
  Quantization quantization_;
  Parameters parameters_;
};

}  // namespace

std::unique_ptr<Evaluator> make_evaluator(const Graph& graph, const Quantization* quantization) {
  return guarded([&] { return std::make_unique<TorchEvaluator>(graph, quantization); });
}

}  // namespace qmn
