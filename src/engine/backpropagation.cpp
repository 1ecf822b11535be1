// SPDX-License-Identifier: Apache-2.0
#include "engine/backpropagation.h"

#include "base/check.h"
#include "base/parallel.h"
#include "base/random.h"
#include "engine/batch_statistics.h"
#include "engine/straight_through.h"
#include "engine/torch_guard.h"
#include "engine/train_node.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <optional>

namespace qmn {
namespace {

std::span<float> floats(const at::Tensor& tensor) {
  QMN_CHECK(tensor.is_contiguous(), "an activation is contiguous");
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

Planes planes_of(const at::Tensor& tensor) { return {tensor.size(0), tensor.size(1), tensor.numel() / (tensor.size(0) * tensor.size(1))}; }

at::Tensor leaf(const at::Tensor& tensor) { return tensor.detach().set_requires_grad(true); }

using Named = std::vector<std::pair<ValueId, at::Tensor>>;

// One chunk's piece of one node: from its leaves to its outputs. A Scan with all of its steps is one piece.
struct Piece {
  Named inputs;      // leaves, or no leaf for the graph's input
  Named parameters;  // leaves
  Named thresholds;  // leaves, of those whose slope is wanted
  Named outputs;     // before they were cut off as inputs of the next nodes
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
      const std::vector<ValueId> outputs = outputs_of(graph_.nodes[i]);
      if (std::ranges::none_of(outputs, [&](ValueId id) { return slopes_[0].contains(id); })) continue;  // behind the logits
      if (const auto* norm = std::get_if<BatchNorm>(&graph_.nodes[i])) normalize_back(*norm, statistics.at(i), pieces[i], result);
      else back(pieces[i], result);
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
    const auto known = std::ranges::find(piece.thresholds, id, &Named::value_type::first);  // of an earlier step
    if (known != piece.thresholds.end()) return known->second;
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
    piece.outputs.emplace_back(graph_.input, round(reals, graph_.input, piece));
    keep(chunk, graph_.input, piece.outputs[0].second);
  }

  void forward(std::size_t index, std::size_t chunk, Piece& piece) {
    const Node& node = graph_.nodes[index];
    std::vector<at::Tensor> inputs;
    for (const ValueId id : activation_inputs(node)) {
      inputs.push_back(needs_slope(id) ? leaf(values_[chunk].at(id)) : values_[chunk].at(id));
      piece.inputs.emplace_back(id, inputs.back());
    }
    Parameters rounded;
    for (const ValueId id : trained_parameters(node)) {
      piece.parameters.emplace_back(id, leaf(parameters_.at(id)));
      rounded[id] = round_parameter(piece.parameters.back().second, id, piece);
    }
    const std::uint64_t seed = Random{settings_.seed, index, chunk}.next();
    const TrainContext context{graph_, parameters_, rounded, [&](const at::Tensor& reals, ValueId id) { return round(reals, id, piece); }};
    const std::vector<at::Tensor> outputs = train_node(context, node, inputs, seed);
    const std::vector<ValueId> ids = outputs_of(node);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      piece.outputs.emplace_back(ids[i], outputs[i]);
      keep(chunk, ids[i], outputs[i]);
    }
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
      const at::Tensor start = leaf(normalized), end = round(start, node.output, pieces[chunk]);
      pieces[chunk].inputs = {{node.input, start}};
      pieces[chunk].outputs = {{node.output, end}};
      keep(chunk, node.output, end);
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

  void back(const std::vector<Piece>& pieces, BatchGradients& result) {
    std::vector<std::vector<at::Tensor>> found(chunk_count());
    for_each_chunk([&](std::size_t chunk) {
      const Piece& piece = pieces[chunk];
      std::vector<at::Tensor> leaves, ends, end_slopes;
      for (const auto* named : {&piece.parameters, &piece.thresholds, &piece.inputs}) {
        for (const auto& [id, tensor] : *named) {
          if (tensor.requires_grad()) leaves.push_back(tensor);
        }
      }
      for (const auto& [id, output] : piece.outputs) {
        const auto slope = slopes_[chunk].find(id);
        if (slope == slopes_[chunk].end() || !output.requires_grad()) continue;
        ends.push_back(output);
        end_slopes.push_back(slope->second);
      }
      if (leaves.empty() || ends.empty()) return;
      found[chunk] = torch::autograd::grad(ends, leaves, end_slopes, c10::nullopt, false, true);
      std::size_t next = piece.parameters.size() + piece.thresholds.size();
      for (const auto& [id, input] : piece.inputs) {
        if (!input.requires_grad()) continue;
        const at::Tensor slope = found[chunk][next++];
        if (slope.defined()) add_slope(chunk, id, slope);
      }
    });
    const Named& parameters = pieces.front().parameters;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor sum = sum_chunks(found, i, parameters[i].second).contiguous();
      std::vector<float>& gradient = result.gradients[parameters[i].first];
      gradient.resize(static_cast<std::size_t>(sum.numel()));  // of a parameter that several nodes read: the sum
      for (std::size_t k = 0; k < gradient.size(); ++k) gradient[k] += floats(sum)[k];
    }
    const Named& thresholds = pieces.front().thresholds;
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
      result.threshold_slopes[thresholds[i].first] += sum_chunks(found, parameters.size() + i, thresholds[i].second).item<double>();
    }
  }

  // Undefined slopes are zero: nothing leads from there to the logits.
  static at::Tensor sum_chunks(const std::vector<std::vector<at::Tensor>>& slopes, std::size_t index, const at::Tensor& like) {
    at::Tensor sum = at::zeros_like(like.detach());
    for (const std::vector<at::Tensor>& chunk : slopes) {
      if (index < chunk.size() && chunk[index].defined()) sum = sum + chunk[index];
    }
    return sum;
  }

  // Of a piece that has nothing in front of it but its threshold.
  void back_to_thresholds(ValueId id, const std::vector<Piece>& pieces, BatchGradients& result) {
    std::vector<std::vector<at::Tensor>> slopes(chunk_count());
    for_each_chunk([&](std::size_t chunk) { slopes[chunk] = torch::autograd::grad({pieces[chunk].outputs[0].second}, {pieces[chunk].thresholds.front().second}, {slopes_[chunk].at(id)}); });
    result.threshold_slopes[id] += sum_chunks(slopes, 0, pieces[0].thresholds.front().second).item<double>();
  }

  void normalize_back(const BatchNorm& node, const BatchStatistics& statistics, const std::vector<Piece>& pieces, BatchGradients& result) {
    if (wants_threshold(node.output)) back_to_thresholds(node.output, pieces, result);
    std::vector<at::Tensor> slopes(chunk_count());
    std::vector<ChannelSums> sums(chunk_count());
    for_each_chunk([&](std::size_t chunk) {
      slopes[chunk] = slopes_[chunk].at(node.output);
      if (quantization_.format_of(node.output)) slopes[chunk] = torch::autograd::grad({pieces[chunk].outputs[0].second}, {pieces[chunk].inputs[0].second}, {slopes[chunk]}).front();
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
