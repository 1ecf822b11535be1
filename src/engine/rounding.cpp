// SPDX-License-Identifier: Apache-2.0
#include "engine/rounding.h"

#include "base/check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

namespace qmn {
namespace {

constexpr double kRelu6High = 6;
constexpr int kNarrowBits = 16;  // up to here, raw values are small integers in float

// The loops over all activations, for what the processor at hand can do.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define QMN_WIDE_LOOP __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define QMN_WIDE_LOOP
#endif

// floor(y + 0.5) without the rounding of that sum: |y| <= 2^15, so truncation and the remainder are exact.
inline float round_ties_up(float y) {
  const float whole = static_cast<float>(static_cast<std::int32_t>(y));
  const float rest = y - whole;
  return whole + (rest >= 0.5f ? 1.0f : 0.0f) - (rest < -0.5f ? 1.0f : 0.0f);
}

// Saturating first gives the same: rounding is monotone and maps the bounds to themselves.
QMN_WIDE_LOOP void round_narrow(float* reals, std::size_t count, float scale, float step, float low, float high) {
  for (std::size_t i = 0; i < count; ++i) {
    float raw = reals[i] * scale;
    raw = raw > low ? raw : low;
    raw = raw < high ? raw : high;
    reals[i] = round_ties_up(raw) * step;
  }
}

// Raw values that rounding alone brings into the format: low <= x * scale < high.
struct Inside {
  float scale, low, high;
};
Inside inside_of(QFormat format) {
  return {static_cast<float>(1.0 / format.step()), static_cast<float>(static_cast<double>(format.raw_min()) - 0.5),
          static_cast<float>(static_cast<double>(format.raw_max()) + 0.5)};
}

}  // namespace

void round_to_format(std::span<float> reals, QFormat format, Activation activation) {
  if (format.total_bits > kNarrowBits) {
    activate(reals, activation);
    for (float& real : reals) real = static_cast<float>(dequantize(quantize(static_cast<double>(real), format), format));
    return;
  }
  const double low = activation == Activation::none ? static_cast<double>(format.raw_min()) : 0.0;
  const double high = static_cast<double>(activation == Activation::relu6 ? quantize(kRelu6High, format) : format.raw_max());
  round_narrow(reals.data(), reals.size(), static_cast<float>(1.0 / format.step()), static_cast<float>(format.step()), static_cast<float>(low),
               static_cast<float>(high));
}

void round_channels(std::span<float> reals, int total_bits, std::span<const int> frac_bits) {
  QMN_CHECK(!frac_bits.empty() && reals.size() % frac_bits.size() == 0, "a parameter has a format for each of its channels");
  const std::size_t channel_size = reals.size() / frac_bits.size();
  for (std::size_t channel = 0; channel < frac_bits.size(); ++channel) {
    round_to_format(reals.subspan(channel * channel_size, channel_size), {total_bits, frac_bits[channel]}, Activation::none);
  }
}

QMN_WIDE_LOOP void pass_inside(std::span<const float> reals, std::span<const float> slopes, QFormat format, std::span<float> out) {
  QMN_CHECK(slopes.size() == reals.size() && out.size() == reals.size(), "each value has a slope");
  const auto [scale, low, high] = inside_of(format);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float raw = reals[i] * scale;
    out[i] = raw >= low && raw < high ? slopes[i] : 0.0f;
  }
}

double threshold_slope(std::span<const float> reals, std::span<const float> slopes, QFormat format) {
  QMN_CHECK(slopes.size() == reals.size(), "each value has a slope");
  const auto [scale, low, high] = inside_of(format);
  const auto raw_min = static_cast<float>(format.raw_min()), raw_max = static_cast<float>(format.raw_max());
  double sum = 0;
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const float raw = reals[i] * scale;
    const float change = raw < low ? raw_min : raw >= high ? raw_max : std::floor(raw + 0.5f) - raw;
    sum += static_cast<double>(slopes[i]) * static_cast<double>(change);
  }
  return sum * format.step() * std::numbers::ln2;
}

void round_to_format(std::span<const double> reals, std::span<float> rounded, QFormat format, Activation activation) {
  const double scale = 1 / format.step();
  const double low = activation == Activation::none ? static_cast<double>(format.raw_min()) : 0.0;
  const double high = static_cast<double>(activation == Activation::relu6 ? quantize(kRelu6High, format) : format.raw_max());
  for (std::size_t i = 0; i < reals.size(); ++i) {
    rounded[i] = static_cast<float>(std::clamp(std::floor(reals[i] * scale + 0.5), low, high) * format.step());
  }
}

void activate(std::span<float> reals, Activation activation) {
  if (activation == Activation::none) return;
  const float high = activation == Activation::relu6 ? static_cast<float>(kRelu6High) : std::numeric_limits<float>::infinity();
  for (float& real : reals) real = std::min(real > 0.0f ? real : 0.0f, high);
}

void average_pool(const AveragePool2d& node, std::span<const float> input, std::int64_t planes, std::int64_t in_h, std::int64_t in_w,
                  std::span<float> output, std::int64_t out_h, std::int64_t out_w, std::optional<QFormat> output_format) {
  QMN_CHECK(input.size() == static_cast<std::size_t>(planes * in_h * in_w) && output.size() == static_cast<std::size_t>(planes * out_h * out_w),
            "a pool's buffers fit its shapes");
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    const float* const image = input.data() + plane * in_h * in_w;
    float* const means = output.data() + plane * out_h * out_w;
    for (std::int64_t y = 0; y < out_h; ++y) {
      const std::int64_t top = std::max<std::int64_t>(0, y * node.strides[0] - node.pads[0]);
      const std::int64_t bottom = std::min(in_h, y * node.strides[0] - node.pads[0] + node.kernel[0]);
      for (std::int64_t x = 0; x < out_w; ++x) {
        const std::int64_t left = std::max<std::int64_t>(0, x * node.strides[1] - node.pads[1]);
        const std::int64_t right = std::min(in_w, x * node.strides[1] - node.pads[1] + node.kernel[1]);
        double sum = 0;
        for (std::int64_t row = top; row < bottom; ++row) {
          for (std::int64_t column = left; column < right; ++column) sum += static_cast<double>(image[row * in_w + column]);
        }
        const std::int64_t count = std::max<std::int64_t>(1, (bottom - top) * (right - left));
        const double mean = sum / static_cast<double>(count);
        means[y * out_w + x] = static_cast<float>(output_format ? dequantize(quantize(mean, *output_format), *output_format) : mean);
      }
    }
  }
}

void fixed_point_softmax(std::span<float> reals, std::int64_t row_length, QFormat input_format) {
  const double scale = 1.0 / input_format.step();
  const auto length = static_cast<std::size_t>(row_length);
  for (std::size_t start = 0; start < reals.size(); start += length) {
    const std::span<float> row = reals.subspan(start, length);
    const double largest = static_cast<double>(*std::max_element(row.begin(), row.end()));
    const auto entry = [&](double steps) { return std::floor(32768.0 * std::exp(-steps * input_format.step()) + 0.5); };
    const auto exponential = [&](float real) {
      const double distance = (largest - static_cast<double>(real)) * scale;  // in raw units
      if (input_format.total_bits == 8) return entry(distance);
      const double coarse = 256 * std::floor(distance / 256);
      return std::floor(entry(coarse) * entry(distance - coarse) / 32768.0 + 0.5);
    };
    double sum = 0;
    for (float real : row) sum += exponential(real);
    for (float& real : row) real = static_cast<float>(std::min(127.0, std::floor(128.0 * exponential(real) / sum + 0.5)) / 128.0);
  }
}

}  // namespace qmn
