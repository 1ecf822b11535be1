// SPDX-License-Identifier: Apache-2.0
// engine/engine.h   The one float engine: runs a Graph on libtorch. Inference, fake-quant on any value, search sessions, training.
//
// libtorch takes 0.5–0.9 s to start, so it lives in a module (libqmn_engine.so) that is loaded on first use; this header names no
// torch type. Inputs are [clip][features of one clip] row-major; logits are [clip][classes].
// Fake-quant: weights, biases and activations that have a format in the Quantization are rounded ties up and saturated
// (qformat/qformat.h), parameters after their correction and channel by channel where they say so, activations after their fused activation. Average pools of quantized values are computed in double, so that
// fake-quant equals the simulator bit for bit while accumulators stay below 2^24.
#pragma once

#include "graph/graph.h"
#include "graph/quantization.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qmn {

/// Inference of one graph; batches run on all cores. Results do not depend on the number of clips or cores.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual std::vector<float> run(std::span<const float> inputs, std::int64_t clip_count) = 0;
  /// Calls `observe(value, reals, first_clip, clip_count)` for the graph's input and each node's outputs, batch by batch, one call at a time.
  /// A value in the body of a Scan, what enters it included, is reported at every step, in a call of its own.
  using Observe = std::function<void(ValueId, std::span<const float>, std::int64_t first_clip, std::int64_t clip_count)>;
  virtual void run_observed(std::span<const float> inputs, std::int64_t clip_count, const Observe& observe) = 0;
};

/// Inference with all intermediate values kept, so that a changed format, set of channels or correction re-runs only what lies behind it.
class SearchSession {
 public:
  virtual ~SearchSession() = default;
  /// Logits of the current quantization.
  virtual const std::vector<float>& logits() const = 0;
  /// Logits under another quantization of the same graph; nothing is kept.
  virtual std::vector<float> try_quantization(const Quantization& target) = 0;
  /// The same of `clip_count` clips from `first_clip` on, at the cost of those.
  virtual std::vector<float> try_quantization(const Quantization& target, std::int64_t first_clip, std::int64_t clip_count) = 0;
  /// Makes it the current one.
  virtual void commit(const Quantization& target) = 0;
  virtual const Quantization& quantization() const = 0;
};

/// What another net says of the batch (Hinton et al. 2015), beside the targets y. With the teacher's logits t and one's own z:
///   loss = (1 - weight) · CE(y, softmax(z)) + weight · T² · KL(softmax(t/T) ‖ softmax(z/T))      T: temperature
struct Distillation {
  std::span<const float> teacher_logits;  ///< [clip][classes]; unused while the weight is 0
  double weight = 0;                      ///< 0 … 1
  double temperature = 1;                 ///< above 0
};

struct StepSettings {
  double learning_rate = 5e-4;
  double weight_decay = 0;       ///< decoupled (AdamW), on weights of Conv and Gemm
  std::uint64_t seed = 0;        ///< of dropout in this step
  Distillation distillation{};
  std::span<const ValueId> thresholds{};  ///< values with a format whose threshold's slope is wanted; see StepResult
};
struct StepResult {
  double loss = 0;        ///< mean over the batch: cross-entropy, or with distillation as above
  std::int64_t hits = 0;  ///< clips whose largest logit is at their largest target
  /// ∂loss/∂log2 t for each of StepSettings::thresholds, with t = 2^int_bits of its format, by the straight-through rule of Jain et al. 2019
  /// (arXiv 1903.08066): step·ln 2 · (round(x/step) − x/step) for x inside the format, step·ln 2 · raw_min or raw_max beyond it.
  std::map<ValueId, double> threshold_slopes;
};

/// Adam on the cross-entropy with soft targets, with a teacher's logits beside them if wanted. Batch norm uses batch statistics in step(), running ones in run().
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// `targets` is [clip][classes], each row a distribution.
  virtual StepResult step(std::span<const float> inputs, std::span<const float> targets, std::int64_t clip_count, const StepSettings& settings) = 0;
  virtual std::vector<float> run(std::span<const float> inputs, std::int64_t clip_count) = 0;  ///< logits, inference mode
  virtual void set_quantization(const Quantization& quantization) = 0;  ///< formats from now on; parameters and moments stay
  virtual void store(Graph& graph) const = 0;                ///< parameters into the graph's initializers
  virtual std::string save_state() const = 0;                ///< parameters, running statistics and Adam's moments, exact
  virtual void load_state(const std::string& bytes) = 0;     ///< Error (data) when the bytes are of another net
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<Evaluator> evaluator(const Graph& graph, const Quantization* quantization) = 0;
  virtual std::unique_ptr<SearchSession> search_session(const Graph& graph, Quantization quantization, std::span<const float> inputs, std::int64_t clip_count) = 0;
  /// With a `quantization`, values are fake-quantized in step() and run() alike, with straight-through gradients: the gradient of a value
  /// passes where it lies within its format's range and is zero outside.
  virtual std::unique_ptr<Trainer> trainer(const Graph& graph, const Quantization* quantization) = 0;
};

/// Loads the module on first use. Error (data) when it is missing, naming the path that was tried.
Engine& engine();

}  // namespace qmn
