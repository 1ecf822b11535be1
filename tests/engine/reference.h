// SPDX-License-Identifier: Apache-2.0
// tests/engine/reference.h   The operators in double, written out: the oracle of the engine.
#pragma once

#include "graph/graph.h"
#include "graph/quantization.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace qmn::test {

using Reals = std::vector<double>;

inline double rounded(double x, const QFormat& format) {
  const double raw = std::floor(x * std::exp2(format.frac_bits) + 0.5);
  const double limit = std::exp2(format.total_bits - 1);
  return std::clamp(raw, -limit, limit - 1) * std::exp2(-format.frac_bits);
}

/// One clip through a graph in inference mode.
class Reference {
 public:
  Reference(const Graph& graph, const Quantization& quantization) : graph_(graph), quantization_(quantization) {}

  std::map<ValueId, Reals> run(std::span<const float> clip) {
    values_.clear();
    values_[graph_.input] = finish(Reals(clip.begin(), clip.end()), graph_.input, Activation::none);
    for (const Node& node : graph_.nodes) std::visit([this](const auto& n) { compute(n); }, node);
    return values_;
  }

 private:
  Reals constant(ValueId id) const {
    const Tensor& tensor = graph_.initializer(id);
    Reals out(tensor.data.begin(), tensor.data.end());
    if (const auto format = quantization_.format_of(id)) {
      for (double& x : out) x = rounded(x, *format);
    }
    return out;
  }
  Reals finish(Reals reals, ValueId id, Activation activation) const {
    for (double& x : reals) {
      if (activation == Activation::relu) x = std::max(x, 0.0);
      if (const auto format = quantization_.format_of(id)) x = rounded(x, *format);
    }
    return reals;
  }
  static double at(const Reals& reals, std::int64_t index) { return reals.at(static_cast<std::size_t>(index)); }

  void compute(const auto& n) { throw std::logic_error(n.name); }
  void compute(const Conv2d& n) {
    const Shape in = graph_.shape(n.input), out = graph_.shape(n.output), kernel = graph_.shape(n.weight);
    const Reals& x = values_.at(n.input);
    const Reals w = constant(n.weight), b = n.bias == kNoValue ? Reals(static_cast<std::size_t>(out[1])) : constant(n.bias);
    Reals y;
    for (std::int64_t o = 0; o < out[1]; ++o)
      for (std::int64_t i = 0; i < out[2]; ++i)
        for (std::int64_t j = 0; j < out[3]; ++j) {
          double sum = at(b, o);
          const std::int64_t first = o / (out[1] / n.groups) * kernel[1];
          for (std::int64_t c = 0; c < kernel[1]; ++c)
            for (std::int64_t ky = 0; ky < kernel[2]; ++ky)
              for (std::int64_t kx = 0; kx < kernel[3]; ++kx) {
                const std::int64_t row = i * n.strides[0] + ky * n.dilations[0] - n.pads[0];
                const std::int64_t column = j * n.strides[1] + kx * n.dilations[1] - n.pads[1];
                if (row < 0 || row >= in[2] || column < 0 || column >= in[3]) continue;
                sum += at(x, ((first + c) * in[2] + row) * in[3] + column) * at(w, ((o * kernel[1] + c) * kernel[2] + ky) * kernel[3] + kx);
              }
          y.push_back(sum);
        }
    values_[n.output] = finish(y, n.output, n.activation);
  }
  void compute(const FullyConnected& n) {
    const Shape kernel = graph_.shape(n.weight);
    const Reals& x = values_.at(n.input);
    const Reals w = constant(n.weight);
    Reals y;
    for (std::int64_t o = 0; o < kernel[0]; ++o) {
      double sum = n.bias == kNoValue ? 0.0 : at(constant(n.bias), o);
      for (std::int64_t i = 0; i < kernel[1]; ++i) sum += at(x, i) * at(w, o * kernel[1] + i);
      y.push_back(sum);
    }
    values_[n.output] = finish(y, n.output, n.activation);
  }
  void compute(const BatchNorm& n) {
    const Shape shape = graph_.shape(n.input);
    const std::int64_t plane = element_count(shape) / shape[1];
    Reals y = values_.at(n.input);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::int64_t c = static_cast<std::int64_t>(i) / plane;
      y[i] = (y[i] - at(constant(n.mean), c)) / std::sqrt(at(constant(n.variance), c) + static_cast<double>(n.epsilon)) * at(constant(n.scale), c) +
             at(constant(n.offset), c);
    }
    values_[n.output] = finish(y, n.output, Activation::none);
  }
  void compute(const Relu& n) { values_[n.output] = finish(values_.at(n.input), n.output, Activation::relu); }
  void compute(const AveragePool2d& n) {
    const Shape in = graph_.shape(n.input), out = graph_.shape(n.output);
    Reals y;
    for (std::int64_t c = 0; c < out[1]; ++c)
      for (std::int64_t i = 0; i < out[2]; ++i)
        for (std::int64_t j = 0; j < out[3]; ++j) {
          double sum = 0, count = 0;
          for (std::int64_t row = 0; row < in[2]; ++row)
            for (std::int64_t column = 0; column < in[3]; ++column) {
              const std::int64_t ky = row - i * n.strides[0] + n.pads[0], kx = column - j * n.strides[1] + n.pads[1];
              if (ky < 0 || ky >= n.kernel[0] || kx < 0 || kx >= n.kernel[1]) continue;
              sum += at(values_.at(n.input), (c * in[2] + row) * in[3] + column);
              count += 1;
            }
          y.push_back(sum / count);
        }
    values_[n.output] = finish(y, n.output, Activation::none);
  }
  void compute(const Flatten& n) { values_[n.output] = finish(values_.at(n.input), n.output, Activation::none); }
  void compute(const Dropout& n) { values_[n.output] = finish(values_.at(n.input), n.output, Activation::none); }
  void compute(const Softmax& n) {
    Reals y = values_.at(n.input);
    const double largest = *std::max_element(y.begin(), y.end());
    const auto in = quantization_.format_of(n.input);
    const bool is_integer = in && quantization_.format_of(n.output);
    double sum = 0;
    for (double& x : y) {
      x = std::exp(x - largest);
      if (is_integer) x = std::floor(32768 * x + 0.5);
      sum += x;
    }
    for (double& x : y) x = is_integer ? std::min(127.0, std::floor(128 * x / sum + 0.5)) / 128 : x / sum;
    values_[n.output] = is_integer ? y : finish(y, n.output, Activation::none);
  }

  const Graph& graph_;
  const Quantization& quantization_;
  std::map<ValueId, Reals> values_;
};

}  // namespace qmn::test
