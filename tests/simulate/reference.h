// SPDX-License-Identifier: Apache-2.0
// A quantized graph in real numbers, straight from the definitions and on the graph's own NCHW layout: exact in double, since every
// value is a power of two times an integer below 2^53. Slow, and shared with no other code.
#pragma once

#include "graph/quantization.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <vector>

namespace qmn::reference {

using Reals = std::vector<double>;

/// The real value that `real` gets in a format: ties up, saturated.
inline double rounded(double real, QFormat format) {
  const double half_range = std::exp2(format.total_bits - 1);
  const double raw = std::floor(real * std::exp2(format.frac_bits) + 0.5);
  return std::min(std::max(raw, -half_range), half_range - 1) * std::exp2(-format.frac_bits);
}

class Evaluation {
 public:
  Evaluation(const Model& model, std::span<const float> input) : graph_(model.graph), formats_(model.quantization->formats) {
    for (const auto& [id, tensor] : graph_.initializers) {
      for (float real : tensor.data) values_[id].push_back(rounded(static_cast<double>(real), formats_.at(id)));
    }
    for (float real : input) values_[graph_.input].push_back(rounded(static_cast<double>(real), formats_.at(graph_.input)));
    for (const Node& node : graph_.nodes) std::visit([&](const auto& n) { evaluate(n); }, node);
  }

  const Reals& value(ValueId id) const { return values_.at(id); }

 private:
  double at(ValueId id, std::int64_t index) const { return values_.at(id).at(static_cast<std::size_t>(index)); }
  double bias_of(ValueId bias, std::int64_t channel) const { return bias == kNoValue ? 0 : at(bias, channel); }

  void store(ValueId id, double real, Activation activation = Activation::none) {
    if (activation == Activation::relu) real = std::max(real, 0.0);
    values_[id].push_back(rounded(real, formats_.at(id)));
  }

  void evaluate(const Conv2d& n) {
    const Shape &in = graph_.shape(n.input), &weight = graph_.shape(n.weight), &out = graph_.shape(n.output);
    const std::int64_t outputs_per_group = out[1] / n.groups;
    for (std::int64_t o = 0; o < out[1]; ++o) {
      for (std::int64_t y = 0; y < out[2]; ++y) {
        for (std::int64_t x = 0; x < out[3]; ++x) {
          double sum = bias_of(n.bias, o);
          for (std::int64_t i = 0; i < weight[1]; ++i) {
            const std::int64_t c = o / outputs_per_group * weight[1] + i;
            for (std::int64_t ky = 0; ky < weight[2]; ++ky) {
              for (std::int64_t kx = 0; kx < weight[3]; ++kx) {
                const std::int64_t iy = y * n.strides[0] - n.pads[0] + ky * n.dilations[0];
                const std::int64_t ix = x * n.strides[1] - n.pads[1] + kx * n.dilations[1];
                if (iy < 0 || ix < 0 || iy >= in[2] || ix >= in[3]) continue;
                sum += at(n.input, (c * in[2] + iy) * in[3] + ix) * at(n.weight, ((o * weight[1] + i) * weight[2] + ky) * weight[3] + kx);
              }
            }
          }
          store(n.output, sum, n.activation);
        }
      }
    }
  }

  void evaluate(const FullyConnected& n) {
    const Shape& weight = graph_.shape(n.weight);
    for (std::int64_t o = 0; o < weight[0]; ++o) {
      double sum = bias_of(n.bias, o);
      for (std::int64_t i = 0; i < weight[1]; ++i) sum += at(n.input, i) * at(n.weight, o * weight[1] + i);
      store(n.output, sum, n.activation);
    }
  }

  void evaluate(const AveragePool2d& n) {
    const Shape &in = graph_.shape(n.input), &out = graph_.shape(n.output);
    for (std::int64_t c = 0; c < out[1]; ++c) {
      for (std::int64_t y = 0; y < out[2]; ++y) {
        for (std::int64_t x = 0; x < out[3]; ++x) {
          double sum = 0;
          int count = 0;
          for (std::int64_t iy = y * n.strides[0] - n.pads[0]; iy < y * n.strides[0] - n.pads[0] + n.kernel[0]; ++iy) {
            for (std::int64_t ix = x * n.strides[1] - n.pads[1]; ix < x * n.strides[1] - n.pads[1] + n.kernel[1]; ++ix) {
              if (iy < 0 || ix < 0 || iy >= in[2] || ix >= in[3]) continue;
              sum += at(n.input, (c * in[2] + iy) * in[3] + ix);
              ++count;
            }
          }
          store(n.output, sum / count);
        }
      }
    }
  }

  void evaluate(const Relu& n) {
    for (double real : values_.at(n.input)) store(n.output, real, Activation::relu);
  }
  void evaluate(const Flatten& n) {
    for (double real : values_.at(n.input)) store(n.output, real);
  }
  template <class N>
  void evaluate(const N&) {
    std::abort();  // the random nets have no other operators
  }

  const Graph& graph_;
  const std::map<ValueId, QFormat>& formats_;
  std::map<ValueId, Reals> values_;
};

}  // namespace qmn::reference
