// SPDX-License-Identifier: Apache-2.0
// models/ds_cnn.cpp   features → conv → (depthwise → pointwise) for each further layer → global average pool → fully connected = logits
// Every convolution pads SAME and is followed by batch norm and ReLU. size_info: the number of layers, then for each layer the
// features, kernel time, kernel frequency, stride time, stride frequency. The first layer is a full convolution, the others are
// depthwise-separable: the depthwise part has the kernel and strides, the pointwise part the features.
#include "models/architectures.h"
#include "models/builder.h"

#include "base/error.h"

namespace qmn {
namespace {

constexpr std::size_t kNumbersPerLayer = 5;
constexpr float kBatchNormMomentum = 0.96f;

void conv_batch_norm_relu(ModelBuilder& builder, const std::string& name, const ConvShape& conv) {
  builder.conv(name, conv, Padding::same);
  builder.batch_norm(name, kBatchNormMomentum);
  builder.relu(name);
}

}  // namespace

void check_ds_cnn_size(const std::vector<int>& size_info) {
  const char* meaning = "the number of layers, then for each: features, kernel time, kernel frequency, stride time, stride frequency";
  if (size_info.empty()) fail_usage("--model_size_info of ds_cnn: empty; give {}", meaning);
  const std::size_t needed = 1 + kNumbersPerLayer * static_cast<std::size_t>(size_info[0]);
  if (size_info.size() != needed) {
    fail_usage("--model_size_info of ds_cnn: {} numbers, but {} layers need {}: {}", size_info.size(), size_info[0], needed, meaning);
  }
}

Graph build_ds_cnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed) {
  ModelBuilder builder("ds_cnn", front_end, seed);
  std::int64_t channels = 1;
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(size_info[0]); ++layer) {
    const int* numbers = &size_info[1 + kNumbersPerLayer * layer];
    const std::int64_t features = numbers[0];
    const std::array<std::int64_t, 2> kernel{numbers[1], numbers[2]}, strides{numbers[3], numbers[4]};
    if (layer == 0) {
      conv_batch_norm_relu(builder, "conv_1", {.out_channels = features, .kernel = kernel, .strides = strides});
    } else {
      conv_batch_norm_relu(builder, fmt::format("dw_{}", layer),
                           {.out_channels = channels, .groups = channels, .kernel = kernel, .strides = strides});
      conv_batch_norm_relu(builder, fmt::format("pw_{}", layer), {.out_channels = features});
    }
    channels = features;
  }
  builder.global_average_pool("avg_pool");
  builder.flatten();
  return builder.finish("fc_out", label_count);
}

}  // namespace qmn
