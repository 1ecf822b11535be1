// SPDX-License-Identifier: Apache-2.0
// models/models.h   The nets of Hello Edge (Zhang et al. 2017) as Graph builders.
#pragma once

#include "graph/quantization.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qmn {

std::vector<std::string> architecture_names();  ///< "dnn", "cnn", "basic_lstm", "lstm", "gru", "crnn", "ds_cnn"

/// The published --model_size_info of an architecture in size "s", "m" or "l". Error (usage) lists what there is.
std::vector<int> published_size_info(const std::string& architecture, const std::string& size);
/// The published front end of an architecture in a size (40 ms hop: every DNN, LSTM S, GRU S; else 20 ms); 10 coefficients, 40 ms window.
FrontEndSettings published_front_end(const std::string& architecture, const std::string& size = "s");

/// An untrained net: input [1,1,frames,coefficients], logits [1, labels]. Parameters are drawn from `seed`.
/// Error (usage): unknown architecture (lists the known), a size list of the wrong length (says what each number means).
Graph build_model(const std::string& architecture, const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed);

}  // namespace qmn
