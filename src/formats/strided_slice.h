// SPDX-License-Identifier: Apache-2.0
// formats/strided_slice.h   TensorFlow's StridedSlice, the operator behind x[1:, ::2, -1], as Slice and Squeeze.
#pragma once

#include "formats/draft_builder.h"

namespace qmn {

struct StridedSlice {
  std::string name, title, input, output;
  std::vector<std::int64_t> begin, end, step;
  std::int64_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0, shrink_axis_mask = 0;  ///< a bit a dimension
};

/// Error (data): lists of different length, ellipsis_mask, new_axis_mask.
void build_strided_slice(DraftBuilder& build, const StridedSlice& slice);

}  // namespace qmn
