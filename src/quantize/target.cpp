// SPDX-License-Identifier: Apache-2.0
#include "quantize/target.h"

#include "base/error.h"

namespace qmn {

const QuantizationTarget& quantization_target(const std::string& name) {
  std::string names;
  for (const QuantizationTarget& target : kQuantizationTargets) {
    if (name == target.name) return target;
    names += (names.empty() ? "" : ", ") + std::string(target.name);
  }
  fail_usage("--target {}: unknown (there are {})", name, names);
}

}  // namespace qmn
