// SPDX-License-Identifier: Apache-2.0
// engine/trainer.cpp   Adam (Kingma, Ba 2015) with decoupled weight decay (Loshchilov, Hutter 2019) on the cross-entropy with soft targets:
//   m = β1·m + (1−β1)·g    v = β2·v + (1−β2)·g²    w = w·(1 − rate·decay) − rate · (m/(1−β1^t)) / (√(v/(1−β2^t)) + ε)
// Equal steps from equal states give equal bits as long as the number of cores is the same.
#include "base/check.h"
#include "engine/executor.h"
#include "engine/straight_through.h"
#include "engine/torch_guard.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/empty_like.h>

#include <cmath>
#include <cstring>

namespace qmn {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
constexpr const char* kStateMagic = "qmn trainer state 1\n";

struct Moments {
  std::vector<float> mean, square;
  bool decays = false;  // a weight of Conv or Gemm
};

at::Tensor pool(const AveragePool2d& node, const at::Tensor& input) {
  const auto [top, left, bottom, right] = node.pads;
  if (top == 0 && left == 0 && bottom == 0 && right == 0) return at::avg_pool2d(input, node.kernel, node.strides);
  const auto sums = [&](const at::Tensor& tensor) {
    return at::avg_pool2d(at::constant_pad_nd(tensor, {left, right, top, bottom}), node.kernel, node.strides, {0, 0}, false, true, 1);
  };
  return sums(input) / sums(at::ones({1, 1, input.size(2), input.size(3)}, input.options()));
}

// Differentiable; batch statistics, dropout.
struct TrainNode {
  const at::Tensor& input;
  const Parameters& parameters;
  const at::Generator& generator;

  static at::Tensor activate(const at::Tensor& result, Activation activation) { return activation == Activation::relu ? at::relu(result) : result; }

  at::Tensor operator()(const Conv2d& node) const { return activate(convolve(node, input, parameters), node.activation); }
  at::Tensor operator()(const FullyConnected& node) const { return activate(multiply(node, input, parameters), node.activation); }
  at::Tensor operator()(const BatchNorm& node) const { return normalize(node, input, parameters, true); }
  at::Tensor operator()(const Relu&) const { return at::relu(input); }
  at::Tensor operator()(const AveragePool2d& node) const { return pool(node, input); }
  at::Tensor operator()(const Flatten&) const { return input.flatten(1); }
  at::Tensor operator()(const Dropout& node) const {
    const double keep = 1.0 - static_cast<double>(node.ratio);
    if (keep <= 0) return input * 0;
    return input * at::empty_like(input).bernoulli_(keep, generator).div_(keep);
  }
  at::Tensor operator()(const Softmax&) const { return at::softmax(input, -1); }
};

void append(std::string& bytes, const void* from, std::size_t size) { bytes.append(static_cast<const char*>(from), size); }
void append_count(std::string& bytes, std::uint64_t count) { append(bytes, &count, sizeof count); }
void append_floats(std::string& bytes, const float* from, std::size_t count) { append(bytes, from, count * sizeof(float)); }

// Reads back what append wrote; Error when the bytes end early.
class StateReader {
 public:
  explicit StateReader(const std::string& bytes) : bytes_(bytes) {}
  void read(void* to, std::size_t size) {
    if (bytes_.size() - position_ < size) fail_data("the training state is truncated at byte {}", bytes_.size());
    std::memcpy(to, bytes_.data() + position_, size);
    position_ += size;
  }
  std::uint64_t count() {
    std::uint64_t value = 0;
    read(&value, sizeof value);
    return value;
  }
  std::string text(std::uint64_t size) {
    if (bytes_.size() - position_ < size) fail_data("the training state is truncated at byte {}", bytes_.size());
    std::string value = bytes_.substr(position_, size);
    position_ += size;
    return value;
  }
  bool is_at_end() const { return position_ == bytes_.size(); }

 private:
  const std::string& bytes_;
  std::size_t position_ = 0;
};

class TorchTrainer : public Trainer {
 public:
  TorchTrainer(const Graph& graph, const Quantization* quantization)
      : graph_(graph), quantization_(quantization == nullptr ? Quantization{} : *quantization), parameters_(make_parameters(graph_, {})) {
    for (const Node& node : graph_.nodes) {
      if (const auto* conv = std::get_if<Conv2d>(&node)) {
        add_trainable(conv->weight, true);
        add_trainable(conv->bias, false);
      } else if (const auto* dense = std::get_if<FullyConnected>(&node)) {
        add_trainable(dense->weight, true);
        add_trainable(dense->bias, false);
      } else if (const auto* norm = std::get_if<BatchNorm>(&node)) {
        add_trainable(norm->scale, false);
        add_trainable(norm->offset, false);
      }
    }
  }

  StepResult step(std::span<const float> inputs, std::span<const float> targets, std::int64_t clip_count, const StepSettings& settings) override {
    return guarded([&] {
      QMN_CHECK(clip_count > 0, "a step has clips");
      make_chunks(graph_, inputs, clip_count);
      QMN_CHECK(targets.size() == static_cast<std::size_t>(clip_count * element_count(graph_.shape(graph_.output))), "targets are [clip][classes]");
      const OperationThreads all_cores(core_count_);
      const at::AutoGradMode gradients(true);
      Shape shape = graph_.shape(graph_.input);
      shape.at(0) = clip_count;
      // from_blob wants a mutable pointer; nothing writes through it.
      const at::Tensor batch = at::from_blob(const_cast<float*>(inputs.data()), shape, at::kFloat);
      const at::Tensor target = at::from_blob(const_cast<float*>(targets.data()), {clip_count, element_count(graph_.shape(graph_.output))}, at::kFloat);

      const at::Tensor logits = forward(batch, settings.seed);
      const at::Tensor loss = -(target * at::log_softmax(logits, 1)).sum() / static_cast<double>(clip_count);
      loss.backward();
      ++step_count_;
      for (auto& [id, moments] : moments_) update(parameters_.at(id), moments, settings);
      StepResult result;
      result.loss = loss.item<double>();
      result.hits = logits.argmax(1).eq(target.argmax(1)).sum().item<std::int64_t>();
      return result;
    });
  }

  std::vector<float> run(std::span<const float> inputs, std::int64_t clip_count) override {
    return guarded([&] {
      if (quantization_.formats.empty()) return run_graph(graph_, parameters_, quantization_, inputs, clip_count);
      Graph current = graph_;
      store(current);
      return run_graph(graph_, make_parameters(current, quantization_), quantization_, inputs, clip_count);
    });
  }

  void store(Graph& graph) const override {
    for (const auto& [id, parameter] : parameters_) {
      Tensor& target = graph.initializer(id);
      QMN_CHECK(static_cast<std::int64_t>(target.data.size()) == parameter.numel(), "parameters are stored into the graph they came from");
      std::copy_n(parameter.data_ptr<float>(), parameter.numel(), target.data.begin());
    }
  }

  std::string save_state() const override {
    std::string bytes = kStateMagic;
    append_count(bytes, step_count_);
    append_count(bytes, parameters_.size());
    for (const auto& [id, parameter] : parameters_) {
      const std::string& name = graph_.value(id).name;
      const auto count = static_cast<std::size_t>(parameter.numel());
      append_count(bytes, name.size());
      bytes += name;
      append_count(bytes, count);
      append_floats(bytes, parameter.data_ptr<float>(), count);
      if (const auto moments = moments_.find(id); moments != moments_.end()) {
        append_floats(bytes, moments->second.mean.data(), count);
        append_floats(bytes, moments->second.square.data(), count);
      }
    }
    return bytes;
  }

  void load_state(const std::string& bytes) override {
    StateReader reader(bytes);
    if (reader.text(std::strlen(kStateMagic)) != kStateMagic) fail_data("the training state is not one of this version of qmn");
    const std::uint64_t steps = reader.count();
    if (const std::uint64_t count = reader.count(); count != parameters_.size())
      fail_data("the training state is of another net: it has {} parameters, the net has {}", count, parameters_.size());
    std::map<ValueId, std::vector<float>> values;
    std::map<ValueId, Moments> moments = moments_;
    for (const auto& [id, parameter] : parameters_) {
      const std::string name = reader.text(reader.count());
      if (name != graph_.value(id).name) fail_data("the training state is of another net: it has a parameter {}, the net has {}", name, graph_.value(id).name);
      const std::uint64_t count = reader.count();
      if (count != static_cast<std::uint64_t>(parameter.numel()))
        fail_data("the training state is of another net: {} has {} values, in the net {}", name, count, parameter.numel());
      const auto read = [&](std::vector<float>& to) {
        to.resize(count);
        reader.read(to.data(), count * sizeof(float));
      };
      read(values[id]);
      if (const auto found = moments.find(id); found != moments.end()) {
        read(found->second.mean);
        read(found->second.square);
      }
    }
    if (!reader.is_at_end()) fail_data("the training state has bytes after its end");
    for (const auto& [id, data] : values) std::copy(data.begin(), data.end(), parameters_.at(id).data_ptr<float>());
    moments_ = std::move(moments);
    step_count_ = steps;
  }

 private:
  void add_trainable(ValueId id, bool decays) {
    if (id == kNoValue) return;
    const auto count = static_cast<std::size_t>(parameters_.at(id).numel());
    moments_[id] = {std::vector<float>(count, 0.0f), std::vector<float>(count, 0.0f), decays};
    parameters_.at(id).set_requires_grad(true);
  }

  at::Tensor round(const at::Tensor& reals, ValueId id) const {
    const auto format = quantization_.format_of(id);
    return format ? fake_quantize_straight_through(reals, *format) : reals;
  }

  at::Tensor forward(const at::Tensor& batch, std::uint64_t seed) const {
    Parameters rounded;
    for (const auto& [id, parameter] : parameters_) rounded.emplace(id, round(parameter, id));
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    std::map<ValueId, at::Tensor> values{{graph_.input, round(batch, graph_.input)}};
    for (const Node& node : graph_.nodes) {
      const at::Tensor& input = values.at(activation_inputs(node).front());
      values[output_of(node)] = round(std::visit(TrainNode{input, rounded, generator}, node), output_of(node));
    }
    return values.at(graph_.output);
  }

  void update(at::Tensor& parameter, Moments& moments, const StepSettings& settings) const {
    at::Tensor& gradient = parameter.mutable_grad();
    if (!gradient.defined()) return;  // behind the logits
    const at::Tensor slopes = gradient.contiguous();
    const double correction1 = 1.0 - std::pow(kBeta1, static_cast<double>(step_count_));
    const double correction2 = 1.0 - std::pow(kBeta2, static_cast<double>(step_count_));
    const double shrink = moments.decays ? 1.0 - settings.learning_rate * settings.weight_decay : 1.0;
    const float* const slope = slopes.data_ptr<float>();
    float* const value = parameter.data_ptr<float>();
    for (std::size_t i = 0; i < moments.mean.size(); ++i) {
      const double g = static_cast<double>(slope[i]);
      moments.mean[i] = static_cast<float>(kBeta1 * static_cast<double>(moments.mean[i]) + (1 - kBeta1) * g);
      moments.square[i] = static_cast<float>(kBeta2 * static_cast<double>(moments.square[i]) + (1 - kBeta2) * g * g);
      const double direction = static_cast<double>(moments.mean[i]) / correction1 / (std::sqrt(static_cast<double>(moments.square[i]) / correction2) + kEpsilon);
      value[i] = static_cast<float>(static_cast<double>(value[i]) * shrink - settings.learning_rate * direction);
    }
    gradient.reset();
  }

  const int core_count_ = omp_get_max_threads();  // OMP_NUM_THREADS may lower it
  Graph graph_;
  Quantization quantization_;
  Parameters parameters_;  // unrounded
  std::map<ValueId, Moments> moments_;
  std::uint64_t step_count_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> make_trainer(const Graph& graph, const Quantization* quantization) {
  return guarded([&] { return std::make_unique<TorchTrainer>(graph, quantization); });
}

}  // namespace qmn
