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

inline double activate(double real, Activation activation) { return activation == Activation::relu ? std::max(0.0, real) : real; }

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

/// Every activation of one clip, the input included.
inline std::map<ValueId, Reals> run_all(const Graph& graph, std::span<const float> clip) {
  std::map<ValueId, Reals> values{{graph.input, as_doubles(clip)}};
  for (const Node& node : graph.nodes) {
    values[output_of(node)] = std::visit([&](const auto& n) { return run_node(graph, n, values.at(n.input)); }, node);
  }
  return values;
}

/// The output of one clip.
inline Reals run(const Graph& graph, std::span<const float> clip) { return run_all(graph, clip).at(graph.output); }

}  // namespace qmn::reference
