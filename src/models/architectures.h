// SPDX-License-Identifier: Apache-2.0
// models/architectures.h   The builders behind build_model, one file each. Pre: size_info has been checked.
#pragma once

#include "graph/graph.h"
#include "metadata/metadata.h"

#include <cstdint>
#include <vector>

namespace qmn {

Graph build_dnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);
Graph build_cnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);
Graph build_basic_lstm(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);
Graph build_lstm(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);
Graph build_gru(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);
Graph build_crnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);
Graph build_ds_cnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);

/// Error (usage) that says what the numbers mean.
void check_dnn_size(const std::vector<int>& size_info);
void check_cnn_size(const std::vector<int>& size_info);
void check_basic_lstm_size(const std::vector<int>& size_info);
void check_lstm_size(const std::vector<int>& size_info);
void check_gru_size(const std::vector<int>& size_info);
void check_crnn_size(const std::vector<int>& size_info);
void check_ds_cnn_size(const std::vector<int>& size_info);

}  // namespace qmn
