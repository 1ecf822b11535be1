// SPDX-License-Identifier: Apache-2.0
// models/recurrent_nets.cpp   features → recurrent layers over the frames → the last one's output after the last frame → fully connected
//   basic_lstm  size_info: units
//   lstm        size_info: outputs of the projection, units; with peepholes
//   gru         size_info: layers, units of each
//   crnn        conv → ReLU → dropout → GRU layers over its rows → fully connected → ReLU → dropout → fully connected. No padding.
//               size_info: features, kernel time, kernel frequency, stride time, stride frequency, GRU layers, units of each, outputs of
//               the fully connected layer
#include "models/architectures.h"
#include "models/recurrent.h"

#include "base/error.h"

namespace qmn {
namespace {

constexpr int kMaxLayers = 16;

void check_layers(const char* architecture, int layers) {
  if (layers > kMaxLayers) fail_usage("--model_size_info of {}: {} layers (at most {})", architecture, layers, kMaxLayers);
}

void append_gru_layers(ModelBuilder& builder, int layers, int units) {
  RecurrentBuilder recurrent(builder, "gru");
  for (int layer = 1; layer <= layers; ++layer) recurrent.gru(fmt::format("gru_{}", layer), units);
  recurrent.finish();
}

}  // namespace

void check_basic_lstm_size(const std::vector<int>& size_info) {
  if (size_info.size() != 1) fail_usage("--model_size_info of basic_lstm: {} numbers, but 1 is needed: the units", size_info.size());
}

Graph build_basic_lstm(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed) {
  ModelBuilder builder("basic_lstm", front_end, seed);
  RecurrentBuilder recurrent(builder, "recurrence");
  recurrent.basic_lstm("lstm", size_info[0]);
  recurrent.finish();
  return builder.finish("fc_out", label_count);
}

void check_lstm_size(const std::vector<int>& size_info) {
  if (size_info.size() != 2) {
    fail_usage("--model_size_info of lstm: {} numbers, but 2 are needed: the outputs of the projection, the units", size_info.size());
  }
}

Graph build_lstm(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed) {
  ModelBuilder builder("lstm", front_end, seed);
  RecurrentBuilder recurrent(builder, "recurrence");
  recurrent.lstm("lstm", size_info[1], size_info[0]);
  recurrent.finish();
  return builder.finish("fc_out", label_count);
}

void check_gru_size(const std::vector<int>& size_info) {
  if (size_info.size() != 2) fail_usage("--model_size_info of gru: {} numbers, but 2 are needed: the layers, the units of each", size_info.size());
  check_layers("gru", size_info[0]);
}

Graph build_gru(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed) {
  ModelBuilder builder("gru", front_end, seed);
  append_gru_layers(builder, size_info[0], size_info[1]);
  return builder.finish("fc_out", label_count);
}

void check_crnn_size(const std::vector<int>& size_info) {
  if (size_info.size() != 8) {
    fail_usage(
        "--model_size_info of crnn: {} numbers, but 8 are needed: features, kernel time, kernel frequency, stride time, stride frequency of the "
        "convolution; GRU layers, units of each; outputs of the fully connected layer",
        size_info.size());
  }
  check_layers("crnn", size_info[5]);
}

Graph build_crnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed) {
  ModelBuilder builder("crnn", front_end, seed);
  builder.conv("conv_1", {.out_channels = size_info[0], .kernel = {size_info[1], size_info[2]}, .strides = {size_info[3], size_info[4]}},
               Padding::valid);
  builder.relu("conv_1");
  builder.dropout("conv_1");
  append_gru_layers(builder, size_info[5], size_info[6]);
  builder.fully_connected("fc1", size_info[7]);
  builder.relu("fc1");
  builder.dropout("fc1");
  return builder.finish("fc_out", label_count, Initial::narrow_normal);
}

}  // namespace qmn
