// SPDX-License-Identifier: Apache-2.0
#include "engine/backpropagation.h"

#include "base/check.h"
#include "base/parallel.h"
#include "base/random.h"
#include "engine/batch_statistics.h"
#include "engine/straight_through.h"
#include "engine/torch_guard.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <optional>

namespace qmn {
namespace {

at::Tensor pool(const AveragePool2d& node, const at::Tensor& input) {
  const auto [top, left, bottom, right] = node.pads;
  if (top == 0 && left == 0 && bottom == 0 && right == 0) return at::avg_pool2d(input, node.kernel, node.strides);
  const auto sums = [&](const at::Tensor& tensor) {
    return at::avg_pool2d(at::constant_pad_nd(tensor, {left, right, top, bottom}), node.kernel, node.strides, {0, 0}, false, true, 1);
  };
  return sums(input) / sums(at::ones({1, 1, input.size(2), input.size(3)}, input.options()));
}

// One chunk through one node, differentiable. Batch norm is not among them.
struct TrainNode {
  const at::Tensor& input;
  const Parameters& parameters;
  const std::uint64_t seed;

  static at::Tensor activate(const at::Tensor& result, Activation activation) { return activation == Activation::relu ? at::relu(result) : result; }

  at::Tensor operator()(const Conv2d& node) const { return activate(convolve(node, input, parameters), node.activation); }
  at::Tensor operator()(const FullyConnected& node) const { return activate(multiply(node, input, parameters), node.activation); }
  at::Tensor operator()(const BatchNorm&) const { QMN_CHECK(false, "batch norm works on all chunks at once"); }
  at::Tensor operator()(const Relu&) const { return at::relu(input); }
  at::Tensor operator()(const AveragePool2d& node) const { return pool(node, input); }
  at::Tensor operator()(const Flatten&) const { return input.flatten(1); }
  at::Tensor operator()(const Dropout& node) const {
    if (node.ratio <= 0) return input;
    const double keep = 1.0 - static_cast<double>(node.ratio);
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return input * at::empty_like(input).bernoulli_(keep, generator).div_(keep);
  }
  at::Tensor operator()(const Softmax&) const { return at::softmax(input, -1); }
  at::Tensor operator()(const auto& node) const { QMN_CHECK(false, op_type(node)); }
};

std::span<float> floats(const at::Tensor& tensor) {
  QMN_CHECK(tensor.is_contiguous(), "an activation is contiguous");
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

Planes planes_of(const at::Tensor& tensor) { return {tensor.size(0), tensor.size(1), tensor.numel() / (tensor.size(0) * tensor.size(1))}; }

at::Tensor leaf(const at::Tensor& tensor) { return tensor.detach().set_requires_grad(true); }

// One chunk's piece of one node: from its leaves to its output.
struct Piece {
  at::Tensor input;                                 // a leaf, or no leaf for the graph's input
  std::vector<std::pair<ValueId, at::Tensor>> parameters;  // leaves
  std::vector<std::pair<ValueId, at::Tensor>> thresholds;  // leaves, of those whose slope is wanted
  at::Tensor output;                                // before it was cut off as the next node's input
};

class Batch {
 public:
  Batch(const Graph& graph, const Quantization& quantization, Parameters& parameters, std::int64_t clip_count, const StepSettings& settings)
      : graph_(graph), quantization_(quantization), parameters_(parameters), chunks_{clip_count}, settings_(settings), values_(chunk_count()), slopes_(chunk_count()) {}

  BatchGradients run(std::span<const float> inputs, std::span<const float> targets) {
    std::vector<Piece> loads(chunk_count());
    for_each_chunk([&](std::size_t chunk) { load(inputs, chunk, loads[chunk]); });
    std::vector<std::vector<Piece>> pieces(graph_.nodes.size());
    std::map<std::size_t, BatchStatistics> statistics;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      pieces[i].resize(chunk_count());
      if (const auto* norm = std::get_if<BatchNorm>(&graph_.nodes[i])) statistics[i] = normalize_forward(*norm, pieces[i]);
      else for_each_chunk([&](std::size_t chunk) { forward(i, chunk, pieces[i][chunk]); });
    }
    BatchGradients result = find_loss(targets);
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      if (!slopes_[0].contains(output_of(graph_.nodes[i]))) continue;  // behind the logits
      if (const auto* norm = std::get_if<BatchNorm>(&graph_.nodes[i])) normalize_back(*norm, statistics.at(i), pieces[i], result);
      else back(graph_.nodes[i], pieces[i], result);
      pieces[i].clear();
    }
    if (wants_threshold(graph_.input)) back_to_thresholds(graph_.input, loads, result);
    return result;
  }

 private:
  std::size_t chunk_count() const { return static_cast<std::size_t>(chunks_.count()); }

  template <class Body>
  void for_each_chunk(const Body& body) const {
    parallel_for(chunk_count(), [&](std::size_t chunk) {
      const OperationThreads single(1);
      const at::AutoGradMode gradients(true);
      body(chunk);
    });
  }

  bool wants_threshold(ValueId id) const { return std::ranges::find(settings_.thresholds, id) != settings_.thresholds.end(); }

  // A leaf that stands for the value's threshold; undefined when its slope is not wanted.
  at::Tensor threshold_leaf(ValueId id, QFormat format, Piece& piece) const {
    if (!wants_threshold(id)) return {};
    return piece.thresholds.emplace_back(id, leaf(at::scalar_tensor(format.int_bits(), at::kDouble))).second;
  }

  at::Tensor round(const at::Tensor& reals, ValueId id, Piece& piece) const {
    const auto format = quantization_.format_of(id);
    return format ? fake_quantize_straight_through(reals, *format, threshold_leaf(id, *format, piece)) : reals;
  }

  at::Tensor round_parameter(const at::Tensor& reals, ValueId id, Piece& piece) const {
    const auto correction = quantization_.corrections.find(id);
    const at::Tensor corrected = correction == quantization_.corrections.end() ? reals : reals + at::tensor(correction->second).view_as(reals);
    const auto format = quantization_.format_of(id);
    return format ? fake_quantize_straight_through(corrected, format->total_bits, quantization_.channels_of(id), threshold_leaf(id, *format, piece)) : corrected;
  }

  // Cuts the output off: what is behind it has leaves of its own.
  void keep(std::size_t chunk, ValueId id, const at::Tensor& output) { values_[chunk][id] = output.detach().contiguous(); }

  void add_slope(std::size_t chunk, ValueId id, const at::Tensor& slope) {
    const auto [place, is_first] = slopes_[chunk].emplace(id, slope);
    if (!is_first) place->second = place->second + slope;
  }

  // The input's slope is of interest for its threshold alone.
  bool needs_slope(ValueId id) const { return id != graph_.input || wants_threshold(id); }

  void load(std::span<const float> inputs, std::size_t chunk, Piece& piece) {
    const at::Tensor reals = load_chunk(graph_, inputs, chunks_, static_cast<std::int64_t>(chunk), {});
    piece.output = round(reals, graph_.input, piece);
    keep(chunk, graph_.input, piece.output);
  }

  void forward(std::size_t index, std::size_t chunk, Piece& piece) {
    const Node& node = graph_.nodes[index];
    const ValueId input = activation_inputs(node).front();
    piece.input = needs_slope(input) ? leaf(values_[chunk].at(input)) : values_[chunk].at(input);
    Parameters rounded;
    for (const ValueId id : parameters(node)) {
      piece.parameters.emplace_back(id, leaf(parameters_.at(id)));
      rounded[id] = round_parameter(piece.parameters.back().second, id, piece);
    }
    const std::uint64_t seed = Random{settings_.seed, index, chunk}.next();
    piece.output = round(std::visit(TrainNode{piece.input, rounded, seed}, node), output_of(node), piece);
    keep(chunk, output_of(node), piece.output);
  }

  BatchStatistics normalize_forward(const BatchNorm& node, std::vector<Piece>& pieces) {
    std::vector<ChannelSums> sums(chunk_count());
    for_each_chunk([&](std::size_t chunk) {
      const at::Tensor& input = values_[chunk].at(node.input);
      sums[chunk] = sum_values(floats(input), planes_of(input));
    });
    ChannelSums all;
    for (const ChannelSums& part : sums) all.add(part);
    BatchStatistics statistics = make_statistics(all, static_cast<double>(node.epsilon));
    for_each_chunk([&](std::size_t chunk) {
      const at::Tensor& input = values_[chunk].at(node.input);
      at::Tensor normalized = at::empty_like(input);
      normalize_batch(floats(input), planes_of(input), statistics, floats(parameters_.at(node.scale)), floats(parameters_.at(node.offset)), floats(normalized));
      pieces[chunk].input = leaf(normalized);
      pieces[chunk].output = round(pieces[chunk].input, node.output, pieces[chunk]);
      keep(chunk, node.output, pieces[chunk].output);
    });
    update_running(node, statistics);
    return statistics;
  }

  // The running variance takes the batch's as a sample.
  void update_running(const BatchNorm& node, const BatchStatistics& statistics) {
    const std::span<float> mean = floats(parameters_.at(node.mean)), variance = floats(parameters_.at(node.variance));
    const auto old_share = static_cast<double>(node.momentum), count = static_cast<double>(statistics.count);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      const double sample_variance = statistics.count > 1 ? statistics.variance[i] * count / (count - 1) : statistics.variance[i];
      mean[i] = static_cast<float>(old_share * static_cast<double>(mean[i]) + (1 - old_share) * statistics.mean[i]);
      variance[i] = static_cast<float>(old_share * static_cast<double>(variance[i]) + (1 - old_share) * sample_variance);
    }
  }

  at::Tensor sum_loss(const at::Tensor& logits, const at::Tensor& target, std::int64_t first_clip) const {
    const at::Tensor cross_entropy = -(target * at::log_softmax(logits, 1)).sum();
    const auto [teacher_logits, weight, temperature] = settings_.distillation;
    if (weight == 0) return cross_entropy;
    at::Tensor teacher = at::empty_like(target);
    std::copy_n(teacher_logits.begin() + first_clip * target.size(1), target.numel(), floats(teacher).begin());
    const at::Tensor opinion = at::log_softmax(teacher / temperature, 1);
    const at::Tensor divergence = (at::exp(opinion) * (opinion - at::log_softmax(logits / temperature, 1))).sum();
    return (1 - weight) * cross_entropy + weight * temperature * temperature * divergence;
  }

  BatchGradients find_loss(std::span<const float> targets) {
    const auto classes = static_cast<std::size_t>(element_count(graph_.shape(graph_.output)));
    std::vector<double> losses(chunk_count());
    std::vector<std::int64_t> hits(chunk_count());
    for_each_chunk([&](std::size_t chunk) {
      const auto index = static_cast<std::int64_t>(chunk);
      const at::Tensor logits = leaf(values_[chunk].at(graph_.output));
      at::Tensor target = at::empty_like(logits.detach());
      std::copy_n(targets.begin() + chunks_.first(index) * static_cast<std::int64_t>(classes), target.numel(), floats(target).begin());
      const at::Tensor loss = sum_loss(logits, target, chunks_.first(index)) / static_cast<double>(chunks_.clip_count);
      slopes_[chunk][graph_.output] = torch::autograd::grad({loss}, {logits}).front();
      losses[chunk] = loss.item<double>();
      hits[chunk] = logits.argmax(1).eq(target.argmax(1)).sum().item<std::int64_t>();
    });
    BatchGradients result;
    for (std::size_t chunk = 0; chunk < chunk_count(); ++chunk) {
      result.loss += losses[chunk];
      result.hits += hits[chunk];
    }
    return result;
  }

  void back(const Node& node, const std::vector<Piece>& pieces, BatchGradients& result) {
    std::vector<std::vector<at::Tensor>> slopes(chunk_count());
    for_each_chunk([&](std::size_t chunk) {
      const Piece& piece = pieces[chunk];
      std::vector<at::Tensor> leaves;
      for (const auto& [id, parameter] : piece.parameters) leaves.push_back(parameter);
      for (const auto& [id, threshold] : piece.thresholds) leaves.push_back(threshold);
      if (piece.input.requires_grad()) leaves.push_back(piece.input);
      if (leaves.empty()) return;
      slopes[chunk] = torch::autograd::grad({piece.output}, leaves, {slopes_[chunk].at(output_of(node))});
      if (piece.input.requires_grad()) {
        add_slope(chunk, activation_inputs(node).front(), slopes[chunk].back());
        slopes[chunk].pop_back();
      }
    });
    const auto& parameters = pieces.front().parameters;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor sum = sum_chunks(slopes, i).contiguous();
      result.gradients[parameters[i].first].assign(floats(sum).begin(), floats(sum).end());
    }
    const auto& thresholds = pieces.front().thresholds;
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
      result.threshold_slopes[thresholds[i].first] += sum_chunks(slopes, parameters.size() + i).item<double>();
    }
  }

  static at::Tensor sum_chunks(const std::vector<std::vector<at::Tensor>>& slopes, std::size_t index) {
    at::Tensor sum = slopes[0][index];
    for (std::size_t chunk = 1; chunk < slopes.size(); ++chunk) sum = sum + slopes[chunk][index];
    return sum;
  }

  // Of a piece that has nothing in front of it but its threshold.
  void back_to_thresholds(ValueId id, const std::vector<Piece>& pieces, BatchGradients& result) {
    std::vector<std::vector<at::Tensor>> slopes(chunk_count());
    for_each_chunk([&](std::size_t chunk) { slopes[chunk] = torch::autograd::grad({pieces[chunk].output}, {pieces[chunk].thresholds.front().second}, {slopes_[chunk].at(id)}); });
    result.threshold_slopes[id] += sum_chunks(slopes, 0).item<double>();
  }

  void normalize_back(const BatchNorm& node, const BatchStatistics& statistics, const std::vector<Piece>& pieces, BatchGradients& result) {
    if (wants_threshold(node.output)) back_to_thresholds(node.output, pieces, result);
    std::vector<at::Tensor> slopes(chunk_count());
    std::vector<ChannelSums> sums(chunk_count());
    for_each_chunk([&](std::size_t chunk) {
      slopes[chunk] = slopes_[chunk].at(node.output);
      if (quantization_.format_of(node.output)) slopes[chunk] = torch::autograd::grad({pieces[chunk].output}, {pieces[chunk].input}, {slopes[chunk]}).front();
      slopes[chunk] = slopes[chunk].contiguous();
      const at::Tensor& input = values_[chunk].at(node.input);
      sums[chunk] = sum_gradients(floats(input), floats(slopes[chunk]), planes_of(input), statistics);
    });
    ChannelSums all;
    for (const ChannelSums& part : sums) all.add(part);
    for (const double slope : all.first) result.gradients[node.offset].push_back(static_cast<float>(slope));
    for (const double slope : all.second) result.gradients[node.scale].push_back(static_cast<float>(slope));
    if (!needs_slope(node.input)) return;
    for_each_chunk([&](std::size_t chunk) {
      const at::Tensor& input = values_[chunk].at(node.input);
      at::Tensor slope = at::empty_like(input);
      normalize_backward(floats(input), floats(slopes[chunk]), planes_of(input), statistics, floats(parameters_.at(node.scale)), all, floats(slope));
      add_slope(chunk, node.input, slope);
    });
  }

  const Graph& graph_;
  const Quantization& quantization_;
  Parameters& parameters_;
  Chunks chunks_;
  const StepSettings& settings_;
  std::vector<std::map<ValueId, at::Tensor>> values_, slopes_;  // by chunk; slopes: of the loss
};

}  // namespace

BatchGradients differentiate(const Graph& graph, const Quantization& quantization, Parameters& parameters, std::span<const float> inputs,
                             std::span<const float> targets, std::int64_t clip_count, const StepSettings& settings) {
  QMN_CHECK(clip_count > 0, "a batch has clips");
  make_chunks(graph, inputs, clip_count);
  QMN_CHECK(static_cast<std::int64_t>(targets.size()) == clip_count * element_count(graph.shape(graph.output)), "targets are [clip][classes]");
  const Distillation& distillation = settings.distillation;
  QMN_CHECK(distillation.weight == 0 || distillation.teacher_logits.size() == targets.size(), "a teacher's logits are [clip][classes]");
  return Batch(graph, quantization, parameters, clip_count, settings).run(inputs, targets);
}

}  // namespace qmn
