// SPDX-License-Identifier: Apache-2.0
// emit/layer_text.h   What the writers of layers share: where a layer's text goes and what it may name.
#pragma once

#include "emit/artifacts.h"
#include "emit/c_text.h"

namespace qmn {

struct LayerText {
  const Program& program;
  const MemoryPlan& plan;
  const std::vector<std::string>& tensor_names;  ///< the C expression for each tensor's values, by TensorId
  CWriter& definitions;                          ///< at file scope
  CWriter& run;                                  ///< the body of the run
  CNames& identifiers;
  const std::string& macro;                      ///< "QMN_NET"

  const std::string& tensor(TensorId id) const { return tensor_names.at(static_cast<std::size_t>(id)); }
};

}  // namespace qmn
