// SPDX-License-Identifier: Apache-2.0
// tests/support/reference_interpreter.h   Runs a float graph one clip at a time, in double, straight from the operators' definitions.
// Slow and obviously right; shares no code with what it is compared with. Pre: a verified graph.
#pragma once

#include "graph/graph.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <vector>

namespace qmn::reference {

using Reals = std::vector<double>;

inline Reals as_doubles(std::span<const float> reals) { return {reals.begin(), reals.end()}; }

/// Element (c, y, x) of a 1 x C x H x W tensor; 0 outside the image.
inline double at(const Reals& image, const Shape& shape, std::int64_t c, std::int64_t y, std::int64_t x) {
  if (y < 0 || y >= shape[2] || x < 0 || x >= shape[3]) return 0;
  return image[static_cast<std::size_t>((c * shape[2] + y) * shape[3] + x)];
}

inline double activate(double real, Activation activation) {
  if (activation == Activation::none) return real;
  return activation == Activation::relu6 ? std::min(6.0, std::max(0.0, real)) : std::max(0.0, real);
}

inline Reals run_node(const Graph& graph, const Conv2d& conv, const Reals& in) {
  const Shape &in_shape = graph.shape(conv.input), &out_shape = graph.shape(conv.output), &weight_shape = graph.shape(conv.weight);
  const std::int64_t in_per_group = in_shape[1] / conv.groups, out_per_group = out_shape[1] / conv.groups;
  const Reals weight = as_doubles(graph.initializer(conv.weight).data);
  Reals out;
  for (std::int64_t o = 0; o < out_shape[1]; ++o) {
    for (std::int64_t y = 0; y < out_shape[2]; ++y) {
      for (std::int64_t x = 0; x < out_shape[3]; ++x) {
        double sum = conv.bias == kNoValue ? 0 : static_cast<double>(graph.initializer(conv.bias).data[static_cast<std::size_t>(o)]);
        for (std::int64_t i = 0; i < in_per_group; ++i) {
          for (std::int64_t ky = 0; ky < weight_shape[2]; ++ky) {
            for (std::int64_t kx = 0; kx < weight_shape[3]; ++kx) {
              const std::int64_t channel = o / out_per_group * in_per_group + i;
              const std::int64_t row = y * conv.strides[0] + ky * conv.dilations[0] - conv.pads[0];
              const std::int64_t column = x * conv.strides[1] + kx * conv.dilations[1] - conv.pads[1];
              sum += at(in, in_shape, channel, row, column) *
                     weight[static_cast<std::size_t>(((o * in_per_group + i) * weight_shape[2] + ky) * weight_shape[3] + kx)];
            }
          }
        }
        out.push_back(activate(sum, conv.activation));
      }
    }
  }
  return out;
}

inline Reals run_node(const Graph& graph, const FullyConnected& dense, const Reals& in) {
  const Shape& weight_shape = graph.shape(dense.weight);
  const Reals weight = as_doubles(graph.initializer(dense.weight).data);
  Reals out;
  for (std::int64_t o = 0; o < weight_shape[0]; ++o) {
    double sum = dense.bias == kNoValue ? 0 : static_cast<double>(graph.initializer(dense.bias).data[static_cast<std::size_t>(o)]);
    for (std::int64_t i = 0; i < weight_shape[1]; ++i)
      sum += in[static_cast<std::size_t>(i)] * weight[static_cast<std::size_t>(o * weight_shape[1] + i)];
    out.push_back(activate(sum, dense.activation));
  }
  return out;
}

inline Reals run_node(const Graph& graph, const BatchNorm& norm, const Reals& in) {
  const auto channels = static_cast<std::size_t>(graph.shape(norm.input)[1]);
  const auto parameter = [&](ValueId id, std::size_t c) { return static_cast<double>(graph.initializer(id).data[c]); };
  Reals out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::size_t c = i / (in.size() / channels);
    const double normalized =
        (in[i] - parameter(norm.mean, c)) / std::sqrt(parameter(norm.variance, c) + static_cast<double>(norm.epsilon));
    out.push_back(normalized * parameter(norm.scale, c) + parameter(norm.offset, c));
  }
  return out;
}

inline Reals run_node(const Graph&, const Relu&, Reals in) {
  for (double& real : in) real = std::max(0.0, real);
  return in;
}

inline Reals run_node(const Graph& graph, const AveragePool2d& pool, const Reals& in) {
  const Shape &in_shape = graph.shape(pool.input), &out_shape = graph.shape(pool.output);
  Reals out;
  for (std::int64_t c = 0; c < out_shape[1]; ++c) {
    for (std::int64_t y = 0; y < out_shape[2]; ++y) {
      for (std::int64_t x = 0; x < out_shape[3]; ++x) {
        double sum = 0, count = 0;
        for (std::int64_t ky = 0; ky < pool.kernel[0]; ++ky) {
          for (std::int64_t kx = 0; kx < pool.kernel[1]; ++kx) {
            const std::int64_t row = y * pool.strides[0] + ky - pool.pads[0], column = x * pool.strides[1] + kx - pool.pads[1];
            if (row < 0 || row >= in_shape[2] || column < 0 || column >= in_shape[3]) continue;
            sum += at(in, in_shape, c, row, column);
            count += 1;
          }
        }
        out.push_back(sum / count);
      }
    }
  }
  return out;
}

inline Reals run_node(const Graph&, const Flatten&, Reals in) { return in; }
inline Reals run_node(const Graph&, const Dropout&, Reals in) { return in; }

inline Reals run_node(const Graph& graph, const Softmax& softmax, Reals in) {
  const auto classes = graph.shape(softmax.input).back();
  for (auto row = in.begin(); row != in.end(); row += classes) {
    const double largest = *std::max_element(row, row + classes);
    double sum = 0;
    for (auto real = row; real != row + classes; ++real) sum += * real = std::exp(*real - largest);
    for (auto real = row; real != row + classes; ++real) *real /= sum;
  }
  return in;
}

inline Reals run_node(const Graph& graph, const MaxPool2d& pool, const Reals& in) {
  const Shape &in_shape = graph.shape(pool.input), &out_shape = graph.shape(pool.output);
  Reals out;
  for (std::int64_t c = 0; c < out_shape[1]; ++c) {
    for (std::int64_t y = 0; y < out_shape[2]; ++y) {
      for (std::int64_t x = 0; x < out_shape[3]; ++x) {
        double largest = -INFINITY;
        for (std::int64_t ky = 0; ky < pool.kernel[0]; ++ky) {
          for (std::int64_t kx = 0; kx < pool.kernel[1]; ++kx) {
            const std::int64_t row = y * pool.strides[0] + ky - pool.pads[0], column = x * pool.strides[1] + kx - pool.pads[1];
            if (row < 0 || row >= in_shape[2] || column < 0 || column >= in_shape[3]) continue;
            largest = std::max(largest, at(in, in_shape, c, row, column));
          }
        }
        out.push_back(largest);
      }
    }
  }
  return out;
}

inline Reals run_node(const Graph&, const Sigmoid&, Reals in) {
  for (double& real : in) real = 1 / (1 + std::exp(-real));
  return in;
}
inline Reals run_node(const Graph&, const Tanh&, Reals in) {
  for (double& real : in) real = std::tanh(real);
  return in;
}
inline Reals run_node(const Graph&, const Clamp& clip, Reals in) {
  for (double& real : in) real = std::min(std::max(real, static_cast<double>(clip.low)), static_cast<double>(clip.high));
  return in;
}

/// A tensor of any rank as [before the axis][axis][behind it].
struct Runs {
  Runs(const Shape& shape, std::int64_t axis) : extent(shape[static_cast<std::size_t>(axis)]) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (static_cast<std::int64_t>(i) < axis) before *= shape[i];
      if (static_cast<std::int64_t>(i) > axis) behind *= shape[i];
    }
  }
  std::size_t index(std::int64_t i, std::int64_t along, std::int64_t k) const { return static_cast<std::size_t>((i * extent + along) * behind + k); }
  std::int64_t before = 1, extent = 1, behind = 1;
};

inline Reals run_node(const Graph& graph, const Slice& slice, const Reals& in) {
  const Runs runs(graph.shape(slice.input), slice.axis);
  Reals out;
  for (std::int64_t i = 0; i < runs.before; ++i) {
    for (std::int64_t along = slice.start; along < slice.end; ++along) {
      for (std::int64_t k = 0; k < runs.behind; ++k) out.push_back(in[runs.index(i, along, k)]);
    }
  }
  return out;
}

using ValueReals = std::map<ValueId, Reals>;
void run_nodes(const Graph& graph, const std::vector<Node>& nodes, ValueReals& values);

template <class N>
void compute(const Graph& graph, const N& node, ValueReals& values) {
  values[node.output] = run_node(graph, node, values.at(node.input));
}

template <class N, class Operation>
void compute_elementwise(const Graph& graph, const N& node, ValueReals& values, const Operation& operation) {
  const Shape& shape = graph.shape(node.left);
  const Reals& left = values.at(node.left);
  const Reals right = node.constant == kNoValue ? values.at(node.right) : as_doubles(graph.initializer(node.constant).data);
  Reals out;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const std::size_t channel = shape.size() < 2 ? 0 : i / (left.size() / static_cast<std::size_t>(shape[1]));
    const double operand = node.constant == kNoValue ? right[i] : right.size() == 1 ? right[0] : right[channel];
    out.push_back(activate(operation(left[i], operand), node.activation));
  }
  values[node.output] = std::move(out);
}
inline void compute(const Graph& graph, const Add& add, ValueReals& values) {
  compute_elementwise(graph, add, values, [](double a, double b) { return a + b; });
}
inline void compute(const Graph& graph, const Sub& sub, ValueReals& values) {
  compute_elementwise(graph, sub, values, [](double a, double b) { return a - b; });
}
inline void compute(const Graph& graph, const Mul& mul, ValueReals& values) {
  compute_elementwise(graph, mul, values, [](double a, double b) { return a * b; });
}

inline void compute(const Graph& graph, const Concat& concat, ValueReals& values) {
  const Runs out_runs(graph.shape(concat.output), concat.axis);
  Reals out(static_cast<std::size_t>(element_count(graph.shape(concat.output))));
  std::int64_t first = 0;
  for (ValueId input : concat.inputs) {
    const Runs runs(graph.shape(input), concat.axis);
    for (std::int64_t i = 0; i < runs.before; ++i) {
      for (std::int64_t along = 0; along < runs.extent; ++along) {
        for (std::int64_t k = 0; k < runs.behind; ++k) out[out_runs.index(i, first + along, k)] = values.at(input)[runs.index(i, along, k)];
      }
    }
    first += runs.extent;
  }
  values[concat.output] = std::move(out);
}

/// The values of the body are those of the last step.
inline void compute(const Graph& graph, const Scan& scan, ValueReals& values) {
  const std::int64_t steps = step_count(graph, scan);
  for (const Scan::State& state : scan.states) values[state.body_in] = as_doubles(graph.initializer(state.initial).data);
  for (const Scan::Output& output : scan.outputs) values[output.outer].resize(static_cast<std::size_t>(element_count(graph.shape(output.outer))));
  for (std::int64_t step = 0; step < steps; ++step) {
    for (const Scan::Input& input : scan.inputs) {
      const Runs runs(graph.shape(input.outer), input.axis);
      Reals slice;
      for (std::int64_t i = 0; i < runs.before; ++i) {
        for (std::int64_t k = 0; k < runs.behind; ++k) slice.push_back(values.at(input.outer)[runs.index(i, step, k)]);
      }
      values[input.body_in] = std::move(slice);
    }
    run_nodes(graph, scan.body, values);
    for (const Scan::Output& output : scan.outputs) {
      const Runs runs(graph.shape(output.outer), output.axis);
      for (std::int64_t i = 0; i < runs.before; ++i) {
        for (std::int64_t k = 0; k < runs.behind; ++k) {
          values[output.outer][runs.index(i, step, k)] = values.at(output.body_out)[static_cast<std::size_t>(i * runs.behind + k)];
        }
      }
    }
    std::vector<Reals> next;
    for (const Scan::State& state : scan.states) next.push_back(values.at(state.body_out));
    for (std::size_t i = 0; i < next.size(); ++i) {
      values[scan.states[i].body_in] = next[i];
      if (scan.states[i].final_out != kNoValue) values[scan.states[i].final_out] = next[i];
    }
  }
}

inline void run_nodes(const Graph& graph, const std::vector<Node>& nodes, ValueReals& values) {
  for (const Node& node : nodes) std::visit([&](const auto& n) { compute(graph, n, values); }, node);
}

/// Every activation of one clip, the input included.
inline ValueReals run_all(const Graph& graph, std::span<const float> clip) {
  ValueReals values{{graph.input, as_doubles(clip)}};
  run_nodes(graph, graph.nodes, values);
  return values;
}

/// The output of one clip.
inline Reals run(const Graph& graph, std::span<const float> clip) { return run_all(graph, clip).at(graph.output); }

}  // namespace qmn::reference
