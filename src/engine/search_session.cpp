// SPDX-License-Identifier: Apache-2.0
// engine/search_session.cpp   Formats are tried at the cost of what lies behind them: every value of every clip is kept, and a try
// recomputes the node that a changed format belongs to and the nodes that read a recomputed value.
#include "base/check.h"
#include "base/parallel.h"
#include "engine/executor.h"
#include "engine/torch_guard.h"

#include <set>

namespace qmn {
namespace {

using Values = std::map<ValueId, at::Tensor>;

class TorchSearchSession : public SearchSession {
 public:
  TorchSearchSession(const Graph& graph, Quantization quantization, std::span<const float> inputs, std::int64_t clip_count)
      : graph_(graph),
        quantization_(std::move(quantization)),
        parameters_(make_parameters(graph_, quantization_)),
        inputs_(inputs.begin(), inputs.end()),
        chunks_(make_chunks(graph_, inputs_, clip_count)),
        kept_(static_cast<std::size_t>(chunks_.count())),
        logits_(static_cast<std::size_t>(clip_count * element_count(graph_.shape(graph_.output)))) {
    Plan all{true, {}};
    for (const Node& node : graph_.nodes) all.nodes.push_back(&node);
    run(all, quantization_, parameters_, logits_, [this](std::size_t chunk, Values&& values) { kept_[chunk] = std::move(values); });
  }

  const std::vector<float>& logits() const override { return logits_; }
  const Quantization& quantization() const override { return quantization_; }

  std::vector<float> try_changes(std::span<const Change> changes) override {
    return guarded([&] {
      std::vector<float> logits = logits_;
      const Trial trial = make_trial(changes);
      run(trial.plan, trial.quantization, trial.parameters, logits, [](std::size_t, Values&&) {});
      return logits;
    });
  }

  void commit(std::span<const Change> changes) override {
    guarded([&] {
      Trial trial = make_trial(changes);
      quantization_ = std::move(trial.quantization);
      parameters_ = std::move(trial.parameters);
      run(trial.plan, quantization_, parameters_, logits_, [this](std::size_t chunk, Values&& values) {
        for (auto& [id, value] : values) kept_[chunk][id] = std::move(value);
      });
    });
  }

 private:
  struct Plan {
    bool rounds_input = false;
    std::vector<const Node*> nodes;  // to recompute, in order
  };
  struct Trial {
    Quantization quantization;
    Parameters parameters;
    Plan plan;
  };

  Trial make_trial(std::span<const Change> changes) const {
    Trial trial{quantization_, parameters_, {}};
    std::set<ValueId> changed;
    for (const auto& [id, format] : changes) {
      QMN_CHECK(id >= 0 && static_cast<std::size_t>(id) < graph_.values.size(), "a change names a value of the graph");
      if (trial.quantization.format_of(id) == format) continue;
      if (format) trial.quantization.formats[id] = *format;
      else trial.quantization.formats.erase(id);
      if (graph_.is_initializer(id)) trial.parameters[id] = make_parameter(graph_.initializer(id), format);
      changed.insert(id);
    }
    trial.plan.rounds_input = changed.contains(graph_.input);
    for (const Node& node : graph_.nodes) {
      const auto is_changed = [&](ValueId id) { return changed.contains(id); };
      const std::vector<ValueId> reads = activation_inputs(node), uses = parameters(node);
      if (!std::any_of(reads.begin(), reads.end(), is_changed) && !std::any_of(uses.begin(), uses.end(), is_changed) && !is_changed(output_of(node))) continue;
      trial.plan.nodes.push_back(&node);
      changed.insert(output_of(node));
    }
    return trial;
  }

  // Computes the plan's values, the others are read from kept_; `keep` gets those of each chunk.
  template <class Keep>
  void run(const Plan& plan, const Quantization& quantization, const Parameters& parameters, std::vector<float>& logits, const Keep& keep) const {
    parallel_for(kept_.size(), [&](std::size_t index) {
      const OperationThreads single(1);
      const c10::InferenceMode inference;
      const auto chunk = static_cast<std::int64_t>(index);
      Values computed;
      const auto value = [&](ValueId id) { return computed.contains(id) ? computed.at(id) : kept_[index].at(id); };
      if (plan.rounds_input) computed[graph_.input] = load_chunk(graph_, inputs_, chunks_, chunk, quantization);
      for (const Node* node : plan.nodes) {
        computed[output_of(*node)] = run_node(graph_, *node, value(activation_inputs(*node).front()), parameters, quantization);
      }
      if (computed.contains(graph_.output)) store_chunk(computed.at(graph_.output), chunks_, chunk, logits);
      keep(index, std::move(computed));
    });
  }

  Graph graph_;
  Quantization quantization_;
  Parameters parameters_;
  std::vector<float> inputs_;
  Chunks chunks_;
  std::vector<Values> kept_;  // by chunk
  std::vector<float> logits_;
};

}  // namespace

std::unique_ptr<SearchSession> make_search_session(const Graph& graph, Quantization quantization, std::span<const float> inputs, std::int64_t clip_count) {
  return guarded([&] { return std::make_unique<TorchSearchSession>(graph, std::move(quantization), inputs, clip_count); });
}

}  // namespace qmn
