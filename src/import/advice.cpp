// SPDX-License-Identifier: Apache-2.0
#include "import/advice.h"

#include <map>

namespace qmn {

std::string advice_for(const std::string& op) {
  static const std::map<std::string, std::string> hints{
      {"ArgMax", "cut the net off before it: the labels follow from the logits"},
      {"ConvTranspose", "upsampling nets do not fit"},
      {"Elu", "train with Relu in its place"},
      {"Gelu", "train with Relu in its place"},
      {"HardSigmoid", "use Sigmoid"},
      {"HardSwish", "train with Relu or Relu6 in its place"},
      {"InstanceNormalization", "train with batch normalization"},
      {"LRN", "train with batch normalization"},
      {"LayerNormalization", "train with batch normalization"},
      {"LeakyRelu", "train with Relu in its place"},
      {"LogSoftmax", "cut the net off before it: its order is that of the logits"},
      {"Loop", "unroll it, or write the cell as Scan, LSTM or GRU"},
      {"PRelu", "train with Relu in its place"},
      {"QLinearConv", "export the net with QuantizeLinear and DequantizeLinear, or as float"},
      {"QLinearMatMul", "export the net with QuantizeLinear and DequantizeLinear, or as float"},
      {"Resize", "upsampling nets do not fit"},
      {"Selu", "train with Relu in its place"},
      {"Upsample", "upsampling nets do not fit"},
  };
  const auto hint = hints.find(op.substr(op.find('.') == std::string::npos ? 0 : op.find('.') + 1));
  return "not supported; " + (hint == hints.end() ? std::string("qmn import --list-operators shows what is") : hint->second);
}

}  // namespace qmn
