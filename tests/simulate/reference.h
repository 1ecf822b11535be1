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
      const auto correction = model.quantization->corrections.find(id);
      const auto channels = model.quantization->channel_frac_bits.find(id);
      const std::size_t channel_size = tensor.data.size() / static_cast<std::size_t>(tensor.shape[0]);
      for (std::size_t i = 0; i < tensor.data.size(); ++i) {
        const float corrected = correction == model.quantization->corrections.end() ? tensor.data[i] : tensor.data[i] + correction->second.at(i);
        if (!formats_.contains(id)) {
          values_[id].push_back(static_cast<double>(corrected));
          continue;
        }
        QFormat format = formats_.at(id);
        if (channels != model.quantization->channel_frac_bits.end()) format.frac_bits = channels->second.at(i / channel_size);
        values_[id].push_back(rounded(static_cast<double>(corrected), format));
      }
    }
    for (float real : input) values_[graph_.input].push_back(rounded(static_cast<double>(real), formats_.at(graph_.input)));
    evaluate_all(graph_.nodes);
  }

  const Reals& value(ValueId id) const { return values_.at(id); }

 private:
  double at(ValueId id, std::int64_t index) const { return values_.at(id).at(static_cast<std::size_t>(index)); }
  double bias_of(ValueId bias, std::int64_t channel) const { return bias == kNoValue ? 0 : at(bias, channel); }

  void evaluate_all(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      for (ValueId id : outputs_of(node)) values_[id].clear();  // of the step before
      std::visit([&](const auto& n) { evaluate(n); }, node);
    }
  }

  void store(ValueId id, double real, Activation activation = Activation::none) {
    if (activation != Activation::none) real = std::max(real, 0.0);
    if (activation == Activation::relu6) real = std::min(real, 6.0);
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

  /// Calls visit(c, oy, ox, index of a value of the window) for the part inside the image.
  template <class Pool, class Visit>
  void visit_windows(const Pool& n, const Visit& visit) const {
    const Shape &in = graph_.shape(n.input), &out = graph_.shape(n.output);
    for (std::int64_t c = 0; c < out[1]; ++c) {
      for (std::int64_t y = 0; y < out[2]; ++y) {
        for (std::int64_t x = 0; x < out[3]; ++x) {
          for (std::int64_t ky = 0; ky < n.kernel[0]; ++ky) {
            for (std::int64_t kx = 0; kx < n.kernel[1]; ++kx) {
              const std::int64_t iy = y * n.strides[0] - n.pads[0] + ky, ix = x * n.strides[1] - n.pads[1] + kx;
              if (iy >= 0 && ix >= 0 && iy < in[2] && ix < in[3]) visit((c * out[2] + y) * out[3] + x, (c * in[2] + iy) * in[3] + ix);
            }
          }
        }
      }
    }
  }

  void evaluate(const MaxPool2d& n) {
    Reals largest(static_cast<std::size_t>(element_count(graph_.shape(n.output))), -1e300);
    visit_windows(n, [&](std::int64_t out, std::int64_t in) {
      double& value = largest[static_cast<std::size_t>(out)];
      value = std::max(value, at(n.input, in));
    });
    for (double real : largest) store(n.output, real);
  }

  /// The right operand of element `index`: of a constant its one number, or that of the channel.
  template <class N>
  double right(const N& n, std::int64_t index) const {
    if (n.constant == kNoValue) return at(n.right, index);
    if (values_.at(n.constant).size() == 1) return at(n.constant, 0);
    const Shape& shape = graph_.shape(n.left);
    return at(n.constant, index / (element_count(shape) / shape[1]));
  }
  template <class N, class Operation>
  void evaluate_binary(const N& n, const Operation& operation) {
    const std::int64_t count = element_count(graph_.shape(n.left));
    for (std::int64_t i = 0; i < count; ++i) store(n.output, operation(at(n.left, i), right(n, i)), n.activation);
  }
  void evaluate(const Add& n) {
    evaluate_binary(n, [](double a, double b) { return a + b; });
  }
  void evaluate(const Sub& n) {
    evaluate_binary(n, [](double a, double b) { return a - b; });
  }
  void evaluate(const Mul& n) {
    evaluate_binary(n, [](double a, double b) { return a * b; });
  }

  /// Exact for 8-bit inputs; for 16-bit ones the line between entries of Q0.15 (qformat/curve.h), in reals.
  template <class N, class Function>
  void evaluate_curve(const N& n, double span, const Function& function) {
    const QFormat in = formats_.at(n.input), out = formats_.at(n.output);
    const bool is_fine = out.total_bits == 16;
    const double step = std::exp2(-in.frac_bits), half = std::clamp((is_fine ? 2 : 1) * span / step, 32.0, 32768.0);
    const double segment = std::max(2 * half / (is_fine ? 512 : 128), 1.0);
    for (double real : values_.at(n.input)) {
      if (in.total_bits == 8) {
        store(n.output, function(real));
        continue;
      }
      const double position = std::clamp(real / step, -half, half - 1);
      const double first = std::floor(position / segment) * segment;
      const double a = rounded(function(first * step), {16, 15}), b = rounded(function((first + segment) * step), {16, 15});
      store(n.output, a + (b - a) * (position - first) / segment);
    }
  }
  void evaluate(const Sigmoid& n) {
    evaluate_curve(n, 8, [](double x) { return 1 / (1 + std::exp(-x)); });
  }
  void evaluate(const Tanh& n) {
    evaluate_curve(n, 4, [](double x) { return std::tanh(x); });
  }
  void evaluate(const Clamp& n) {
    for (double real : values_.at(n.input)) store(n.output, std::min(std::max(real, static_cast<double>(n.low)), static_cast<double>(n.high)));
  }

  /// Elements in front of and behind a dimension.
  struct Sides {
    std::int64_t outer = 1, inner = 1;
    Sides(const Shape& shape, std::int64_t axis) {
      for (std::int64_t i = 0; i < static_cast<std::int64_t>(shape.size()); ++i) {
        if (i != axis) (i < axis ? outer : inner) *= shape[static_cast<std::size_t>(i)];
      }
    }
  };
  void evaluate(const Slice& n) {
    const Shape& shape = graph_.shape(n.input);
    const Sides sides(shape, n.axis);
    for (std::int64_t o = 0; o < sides.outer; ++o) {
      for (std::int64_t a = n.start; a < n.end; ++a) {
        for (std::int64_t i = 0; i < sides.inner; ++i) store(n.output, at(n.input, (o * shape[static_cast<std::size_t>(n.axis)] + a) * sides.inner + i));
      }
    }
  }
  void evaluate(const Concat& n) {
    const Sides sides(graph_.shape(n.output), n.axis);
    for (std::int64_t o = 0; o < sides.outer; ++o) {
      for (ValueId input : n.inputs) {
        const std::int64_t run = graph_.shape(input)[static_cast<std::size_t>(n.axis)] * sides.inner;
        for (std::int64_t i = 0; i < run; ++i) store(n.output, at(input, o * run + i));
      }
    }
  }

  void evaluate(const Scan& n) {
    for (const Scan::State& state : n.states) {
      values_[state.body_in].clear();
      for (double real : values_.at(state.initial)) store(state.body_in, real);
    }
    const std::int64_t steps = step_count(graph_, n);
    for (const Scan::Output& output : n.outputs) values_[output.outer].assign(static_cast<std::size_t>(element_count(graph_.shape(output.outer))), 0);
    for (std::int64_t step = 0; step < steps; ++step) {
      for (const Scan::Input& input : n.inputs) {
        const Sides sides(graph_.shape(input.outer), input.axis);
        values_[input.body_in].clear();
        for (std::int64_t o = 0; o < sides.outer; ++o) {
          for (std::int64_t i = 0; i < sides.inner; ++i) store(input.body_in, at(input.outer, (o * steps + step) * sides.inner + i));
        }
      }
      evaluate_all(n.body);
      for (const Scan::Output& output : n.outputs) {
        const Sides sides(graph_.shape(output.outer), output.axis);
        for (std::int64_t o = 0; o < sides.outer; ++o) {
          for (std::int64_t i = 0; i < sides.inner; ++i) {
            values_[output.outer][static_cast<std::size_t>((o * steps + step) * sides.inner + i)] = at(output.body_out, o * sides.inner + i);
          }
        }
      }
      std::vector<Reals> next;
      for (const Scan::State& state : n.states) next.push_back(values_.at(state.body_out));
      for (std::size_t i = 0; i < next.size(); ++i) values_[n.states[i].body_in] = next[i];
    }
    for (const Scan::State& state : n.states) {
      if (state.final_out != kNoValue) values_[state.final_out] = values_.at(state.body_in);
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
