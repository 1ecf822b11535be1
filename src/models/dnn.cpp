// SPDX-License-Identifier: Apache-2.0
// models/dnn.cpp   features → flatten → (fully connected → ReLU → dropout) for each hidden layer → fully connected = logits
// size_info: the units of each hidden layer.
#include "models/architectures.h"
#include "models/builder.h"

#include "base/error.h"

namespace qmn {

void check_dnn_size(const std::vector<int>& size_info) {
  if (size_info.empty()) fail_usage("--model_size_info of dnn: empty; give the units of each hidden layer, such as 144 144 144");
}

Graph build_dnn(const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count, std::uint64_t seed) {
  ModelBuilder builder("dnn", front_end, seed);
  builder.flatten();
  for (std::size_t i = 0; i < size_info.size(); ++i) {
    const std::string name = fmt::format("fc{}", i + 1);
    builder.fully_connected(name, size_info[i]);
    builder.relu(name);
    builder.dropout(name);
  }
  return builder.finish("fc_out", label_count);
}

}  // namespace qmn
