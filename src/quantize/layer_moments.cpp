// SPDX-License-Identifier: Apache-2.0
#include "quantize/layer_moments.h"

#include "base/check.h"
#include "base/parallel.h"

#include <algorithm>

namespace qmn {
namespace {

constexpr double kMostWork = 3e9;       // multiply-adds for one layer's gram
constexpr std::size_t kLeastPatches = 512;
constexpr std::size_t kBlock = 256;     // patches at a time

/// How a layer cuts its input into patches. A Gemm is a 1×1 convolution of a 1×1 image.
struct Geometry {
  std::int64_t channels, height, width, out_height, out_width, kernel_h, kernel_w, groups, outputs;
  std::array<std::int64_t, 2> strides{1, 1}, dilations{1, 1};
  std::int64_t pad_top = 0, pad_left = 0;

  std::int64_t positions() const { return out_height * out_width; }
  std::int64_t clip_size() const { return channels * height * width; }
  std::int64_t patch_size() const { return channels / groups * kernel_h * kernel_w; }
};

Geometry geometry_of(const Graph& graph, const WeightedLayer& layer) {
  const Shape &input = graph.shape(layer.input), &output = graph.shape(layer.output), &weight = graph.shape(layer.weight);
  for (const Node& node : graph.nodes) {
    const auto* conv = std::get_if<Conv2d>(&node);
    if (conv == nullptr || conv->output != layer.output) continue;
    return {input[1], input[2], input[3], output[2], output[3], weight[2], weight[3], conv->groups, weight[0], conv->strides, conv->dilations, conv->pads[0], conv->pads[1]};
  }
  return {input.back(), 1, 1, 1, 1, 1, 1, 1, weight[0]};
}

/// The patch of one group at one output position, and a 1 behind it.
void cut_patch(const Geometry& shape, std::span<const float> clip, std::int64_t group, std::int64_t position, double* patch) {
  const std::int64_t channels = shape.channels / shape.groups, y = position / shape.out_width, x = position % shape.out_width;
  for (std::int64_t c = 0; c < channels; ++c) {
    const float* const plane = clip.data() + (group * channels + c) * shape.height * shape.width;
    for (std::int64_t ky = 0; ky < shape.kernel_h; ++ky) {
      const std::int64_t row = y * shape.strides[0] - shape.pad_top + ky * shape.dilations[0];
      for (std::int64_t kx = 0; kx < shape.kernel_w; ++kx) {
        const std::int64_t column = x * shape.strides[1] - shape.pad_left + kx * shape.dilations[1];
        const bool is_inside = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
        *patch++ = is_inside ? static_cast<double>(plane[row * shape.width + column]) : 0.0;
      }
    }
  }
  *patch = 1;
}

}  // namespace

LayerMoments layer_moments(const Graph& graph, const WeightedLayer& layer, std::span<const float> float_inputs, std::span<const float> quantized_inputs) {
  const Geometry shape = geometry_of(graph, layer);
  QMN_CHECK(float_inputs.size() == quantized_inputs.size(), "the same clips in float and quantized");
  const auto clip_size = static_cast<std::size_t>(shape.clip_size()), size = static_cast<std::size_t>(shape.patch_size()) + 1;
  const std::size_t patches = float_inputs.size() / clip_size * static_cast<std::size_t>(shape.positions());
  const double per_patch = static_cast<double>(size * size) * static_cast<double>(shape.groups) + static_cast<double>(size) * static_cast<double>(shape.outputs);
  const auto wanted = std::clamp(static_cast<std::size_t>(kMostWork / per_patch), std::min(kLeastPatches, patches), patches);
  const std::vector<float>& weight = graph.initializer(layer.weight).data;

  LayerMoments moments{.size = size, .outputs_of_group = static_cast<std::size_t>(shape.outputs / shape.groups), .gram = {}, .cross = {}};
  moments.gram.assign(static_cast<std::size_t>(shape.groups), std::vector<double>(size * size));
  moments.cross.assign(static_cast<std::size_t>(shape.outputs), std::vector<double>(size));
  const double share = 1 / static_cast<double>(wanted);
  parallel_for(static_cast<std::size_t>(shape.groups), [&](std::size_t group) {
    std::vector<double> floats(size), block(kBlock * size), targets(kBlock * moments.outputs_of_group);
    for (std::size_t first = 0; first < wanted; first += kBlock) {
      const std::size_t count = std::min(kBlock, wanted - first);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t patch = (first + i) * patches / wanted;  // even over clips and positions
        const std::size_t clip = patch / static_cast<std::size_t>(shape.positions()), position = patch % static_cast<std::size_t>(shape.positions());
        cut_patch(shape, float_inputs.subspan(clip * clip_size, clip_size), static_cast<std::int64_t>(group), static_cast<std::int64_t>(position), floats.data());
        cut_patch(shape, quantized_inputs.subspan(clip * clip_size, clip_size), static_cast<std::int64_t>(group), static_cast<std::int64_t>(position), &block[i * size]);
        for (std::size_t k = 0; k < moments.outputs_of_group; ++k) {
          const std::size_t output = group * moments.outputs_of_group + k;
          double sum = layer.bias == kNoValue ? 0.0 : static_cast<double>(graph.initializer(layer.bias).data[output]);
          for (std::size_t j = 0; j + 1 < size; ++j) sum += static_cast<double>(weight[output * (size - 1) + j]) * floats[j];
          targets[i * moments.outputs_of_group + k] = sum * share;
        }
      }
      const auto add = [&](std::vector<double>& row, std::size_t at, std::size_t from, const double* factors, std::size_t stride, double scale) {
        for (std::size_t i = 0; i < count; ++i) {
          const double factor = factors[i * stride] * scale;
          for (std::size_t j = from; j < size; ++j) row[at + j] += factor * block[i * size + j];
        }
      };
      parallel_for(size, [&](std::size_t row) { add(moments.gram[group], row * size, row, &block[row], size, share); });
      parallel_for(moments.outputs_of_group, [&](std::size_t k) { add(moments.cross[group * moments.outputs_of_group + k], 0, 0, &targets[k], moments.outputs_of_group, 1); });
    }
    for (std::size_t row = 0; row < size; ++row) {
      for (std::size_t column = 0; column < row; ++column) moments.gram[group][row * size + column] = moments.gram[group][column * size + row];
    }
  });
  return moments;
}

}  // namespace qmn
