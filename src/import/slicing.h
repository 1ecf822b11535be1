// SPDX-License-Identifier: Apache-2.0
// import/slicing.h   Which part of a tensor Slice and Split take: ONNX's rules for negative and out-of-range numbers.
#pragma once

#include "import/operators.h"

namespace qmn {

/// Elements start, start + step, … of one axis.
struct AxisSlice {
  std::int64_t start = 0, step = 1, count = 0;
};

/// Of every axis of input 0. Inputs: data, starts, ends, axes, steps. Error (data), naming the node.
std::vector<AxisSlice> slices_of(const OperatorCall& call);

std::size_t split_axis(const OperatorCall& call);
/// Of input 1 or attribute `split`; else equal parts, one for each output.
std::vector<std::int64_t> split_lengths(const OperatorCall& call);

}  // namespace qmn
