// SPDX-License-Identifier: Apache-2.0
// engine/search_session.cpp   Formats are tried at the cost of what lies behind them: every value of every clip is kept, and a try
// recomputes the node that a changed format belongs to and the nodes that read a recomputed value.
#include "base/check.h"
#include "base/parallel.h"
#include "engine/executor.h"
#include "engine/torch_guard.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

class TorchSearchSession : public SearchSession {
 public:
  TorchSearchSession(const Graph& graph, Quantization quantization, std::span<const float> inputs, std::int64_t clip_count)
      : graph_(graph),
        last_readers_(last_readers(graph_)),
        quantization_(std::move(quantization)),
        parameters_(make_parameters(graph_, quantization_)),
        inputs_(inputs.begin(), inputs.end()),
        chunks_(make_chunks(graph_, inputs_, clip_count)),
        kept_(static_cast<std::size_t>(chunks_.count())),
        logits_(static_cast<std::size_t>(clip_count * element_count(graph_.shape(graph_.output)))) {
    Plan all{true, {}};
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) all.nodes.push_back(i);
    run(all, quantization_, parameters_, logits_, true, 0, chunks_.count());
  }

  const std::vector<float>& logits() const override { return logits_; }
  const Quantization& quantization() const override { return quantization_; }

  std::vector<float> try_quantization(const Quantization& target) override { return try_quantization(target, 0, chunks_.clip_count); }

  // Whole chunks are computed, so that a clip's logits do not depend on which clips are asked for.
  std::vector<float> try_quantization(const Quantization& target, std::int64_t first_clip, std::int64_t clip_count) override {
    QMN_CHECK(first_clip >= 0 && clip_count >= 0 && first_clip + clip_count <= chunks_.clip_count, "clips of the session are tried");
    return guarded([&] {
      std::vector<float> logits = logits_;
      const Trial trial = make_trial(target);
      run(trial.plan, target, trial.parameters, logits, false, first_clip / kChunkClips, (first_clip + clip_count + kChunkClips - 1) / kChunkClips);
      const std::int64_t classes = element_count(graph_.shape(graph_.output));
      return std::vector<float>(logits.begin() + first_clip * classes, logits.begin() + (first_clip + clip_count) * classes);
    });
  }

  void commit(const Quantization& target) override {
    guarded([&] {
      Trial trial = make_trial(target);
      quantization_ = target;
      parameters_ = std::move(trial.parameters);
      run(trial.plan, quantization_, parameters_, logits_, true, 0, chunks_.count());
    });
  }

 private:
  struct Plan {
    bool rounds_input = false;
    std::vector<std::size_t> nodes;  // to recompute, in order
  };
  struct Trial {
    Parameters parameters;
    Plan plan;
  };

  Trial make_trial(const Quantization& target) const {
    Trial trial{parameters_, {}};
    std::set<ValueId> changed;
    for (const ValueId id : differing_values(quantization_, target)) {
      QMN_CHECK(id >= 0 && static_cast<std::size_t>(id) < graph_.values.size(), "a quantization names values of its graph");
      if (graph_.is_initializer(id)) trial.parameters[id] = make_parameter(graph_, target, id);
      changed.insert(id);
    }
    trial.plan.rounds_input = changed.contains(graph_.input);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (!reads_or_writes(node, changed)) continue;
      trial.plan.nodes.push_back(i);
      for (ValueId id : outputs_of(node)) changed.insert(id);
    }
    return trial;
  }

  // A Scan's body is part of it: it is computed as a whole.
  static bool reads_or_writes(const Node& node, const std::set<ValueId>& ids) {
    const auto is_one = [&](ValueId id) { return ids.contains(id); };
    const auto is_any = [&](const std::vector<ValueId>& some) { return std::any_of(some.begin(), some.end(), is_one); };
    if (is_any(activation_inputs(node)) || is_any(parameters(node)) || is_any(outputs_of(node))) return true;
    const auto* scan = std::get_if<Scan>(&node);
    if (scan == nullptr) return false;
    return std::ranges::any_of(scan->inputs, is_one, &Scan::Input::body_in) || std::ranges::any_of(scan->states, is_one, &Scan::State::body_in) ||
           std::ranges::any_of(scan->body, [&](const Node& inner) { return reads_or_writes(inner, ids); });
  }

  // Computes the plan's values, the others are read from kept_; `keeps`: the new ones go there.
  void run(const Plan& plan, const Quantization& quantization, const Parameters& parameters, std::vector<float>& logits, bool keeps, std::int64_t first_chunk,
           std::int64_t end_chunk) {
    parallel_for(static_cast<std::size_t>(end_chunk - first_chunk), [&](std::size_t offset) {
      const std::size_t index = static_cast<std::size_t>(first_chunk) + offset;
      const OperationThreads single(1);
      const c10::InferenceMode inference;
      const auto chunk = static_cast<std::int64_t>(index);
      Values computed;
      if (plan.rounds_input) computed[graph_.input] = load_chunk(graph_, inputs_, chunks_, chunk, quantization);
      for (const std::size_t i : plan.nodes) {
        const Node& node = graph_.nodes[i];
        std::vector<at::Tensor> reads;
        for (ValueId id : activation_inputs(node)) {
          const auto found = computed.find(id);
          reads.push_back(found != computed.end() ? found->second : kept_[index].at(id));
        }
        store_outputs(node, run_node(graph_, node, reads, parameters, quantization), computed);
        for (ValueId id : activation_inputs(node)) {
          if (!keeps && last_readers_.at(id) == i && id != graph_.output) computed.erase(id);
        }
      }
      if (const auto output = computed.find(graph_.output); output != computed.end()) store_chunk(output->second, chunks_, chunk, logits);
      if (!keeps) return;
      for (auto& [id, value] : computed) kept_[index][id] = std::move(value);
    });
  }

  Graph graph_;
  std::map<ValueId, std::size_t> last_readers_;
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
