// SPDX-License-Identifier: Apache-2.0
// import/layouts.h   Takes layout changes out of a draft: values stay as the layers store them (NCHW), and what a Transpose, Reshape,
// Squeeze or Unsqueeze would do to the numbers is remembered instead, until a layer's weights can absorb it.
#pragma once

#include "import/analyze.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

struct LaidOut {
  Draft draft;
  std::vector<std::string> notes;  ///< where the input or output differs from the file's
  bool is_channels_last = false;   ///< the file has NHWC where the input is stored as NCHW
  /// Of every activation of the logical draft: the axis that is the batch; nothing when there is none of its own.
  std::map<std::string, std::optional<std::size_t>> batch_axes;
};

/// Layout changes that nothing absorbs stay as Transpose. `analysis`: of the logical draft, without complaints, with one input and output.
LaidOut remove_layouts(const Analysis& analysis);

/// Orders in which the input may be stored: the axes of the file, the batch first.
std::vector<std::vector<std::size_t>> input_orders(std::size_t rank, std::size_t batch_axis);

}  // namespace qmn
