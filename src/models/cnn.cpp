// SPDX-License-Identifier: Apache-2.0
// models/cnn.cpp   features → (conv → batch norm → ReLU → dropout) twice → flatten → linear → fully connected → batch norm → ReLU → dropout
//                  → fully connected = logits
// No padding; the linear layer has no activation. size_info: for each convolution the features, kernel time, kernel frequency, stride time,
// stride frequency, then the outputs of the linear layer and of the hidden fully connected one.
#include "models/architectures.h"
#include "models/builder.h"

#include "base/error.h"

namespace qmn {
namespace {

constexpr std::size_t kNumbersPerConvolution = 5, kNumbers = 12;
constexpr float kBatchNormMomentum = 0.99f;

}  // namespace

void check_cnn_size(const std::vector<int>& size_info) {
  if (size_info.size() != kNumbers) {
    fail_usage(
        "--model_size_info of cnn: {} numbers, but {} are needed: for each of two convolutions features, kernel time, kernel frequency, stride "
        "time, stride frequency; then the outputs of the linear layer and of the fully connected one",
        size_info.size(), kNumbers);
  }
}

Graph build_cnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed) {
  ModelBuilder builder("cnn", front_end, seed);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const int* numbers = &size_info[kNumbersPerConvolution * layer];
    const std::string name = fmt::format("conv_{}", layer + 1);
    builder.conv(name, {.out_channels = numbers[0], .kernel = {numbers[1], numbers[2]}, .strides = {numbers[3], numbers[4]}}, Padding::valid,
                 Initial::narrow_normal);
    builder.batch_norm(name, kBatchNormMomentum);
    builder.relu(name);
    builder.dropout(name);
  }
  builder.flatten();
  builder.fully_connected("linear", size_info[10]);
  builder.fully_connected("fc1", size_info[11], Initial::narrow_normal);
  builder.batch_norm("fc1", kBatchNormMomentum);
  builder.relu("fc1");
  builder.dropout("fc1");
  return builder.finish("fc_out", label_count, Initial::narrow_normal);
}

}  // namespace qmn
