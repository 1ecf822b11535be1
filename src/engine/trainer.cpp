// SPDX-License-Identifier: Apache-2.0
// engine/trainer.cpp   Adam (Kingma, Ba 2015) with decoupled weight decay (Loshchilov, Hutter 2019) on the cross-entropy with soft targets:
//   m = β1·m + (1−β1)·g    v = β2·v + (1−β2)·g²    w = w·(1 − rate·decay) − rate · (m/(1−β1^t)) / (√(v/(1−β2^t)) + ε)
// Equal steps from equal states give equal bits, whatever the number of cores.
#include "base/check.h"
#include "engine/backpropagation.h"
#include "engine/torch_guard.h"

#include <cmath>
#include <cstring>
#include <type_traits>

namespace qmn {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
constexpr const char* kStateMagic = "qmn trainer state 1\n";

struct Moments {
  std::vector<float> mean, square;
  bool decays = false;  // a weight of Conv or Gemm
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
    for_each_node(graph_.nodes, [&](const Node& node) {
      std::visit(
          [&](const auto& n) {
            if constexpr (requires { n.weight; }) {
              add_trainable(n.weight, true);
              add_trainable(n.bias, false);
            }
            if constexpr (requires { n.variance; }) {
              add_trainable(n.scale, false);
              add_trainable(n.offset, false);
            }
            if constexpr (requires { n.constant; }) add_trainable(n.constant, false);
            if constexpr (std::is_same_v<std::decay_t<decltype(n)>, Scan>) check_body(n);
          },
          node);
    });
  }

  StepResult step(std::span<const float> inputs, std::span<const float> targets, std::int64_t clip_count, const StepSettings& settings) override {
    return guarded([&] {
      const BatchGradients batch = differentiate(graph_, quantization_, parameters_, inputs, targets, clip_count, settings);
      ++step_count_;
      for (const auto& [id, slopes] : batch.gradients) update(parameters_.at(id), slopes, moments_.at(id), settings);
      return StepResult{batch.loss, batch.hits, batch.threshold_slopes};
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

  void set_quantization(const Quantization& quantization) override { quantization_ = quantization; }

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
  // Its batch statistics would be those of one step.
  static void check_body(const Scan& scan) {
    for (const Node& node : scan.body) {
      if (std::holds_alternative<BatchNorm>(node)) fail_data("BatchNormalization {} stands in the body of {}: it cannot be trained there", node_name(node), scan.name);
    }
  }

  void add_trainable(ValueId id, bool decays) {
    if (id == kNoValue) return;
    const auto count = static_cast<std::size_t>(parameters_.at(id).numel());
    moments_[id] = {std::vector<float>(count, 0.0f), std::vector<float>(count, 0.0f), decays};
  }

  void update(at::Tensor& parameter, const std::vector<float>& slopes, Moments& moments, const StepSettings& settings) const {
    QMN_CHECK(slopes.size() == moments.mean.size(), "a gradient has its parameter's size");
    const double correction1 = 1.0 - std::pow(kBeta1, static_cast<double>(step_count_));
    const double correction2 = 1.0 - std::pow(kBeta2, static_cast<double>(step_count_));
    const double shrink = moments.decays ? 1.0 - settings.learning_rate * settings.weight_decay : 1.0;
    float* const value = parameter.data_ptr<float>();
    for (std::size_t i = 0; i < moments.mean.size(); ++i) {
      const double g = static_cast<double>(slopes[i]);
      moments.mean[i] = static_cast<float>(kBeta1 * static_cast<double>(moments.mean[i]) + (1 - kBeta1) * g);
      moments.square[i] = static_cast<float>(kBeta2 * static_cast<double>(moments.square[i]) + (1 - kBeta2) * g * g);
      const double direction = static_cast<double>(moments.mean[i]) / correction1 / (std::sqrt(static_cast<double>(moments.square[i]) / correction2) + kEpsilon);
      value[i] = static_cast<float>(static_cast<double>(value[i]) * shrink - settings.learning_rate * direction);
    }
  }

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
