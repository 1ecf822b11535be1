// SPDX-License-Identifier: Apache-2.0
// import/scan_shapes.h   ONNX Scan: the shapes that its body sees, and those that come out.
//
// Inputs: the initial states, then what is scanned. Beyond ONNX: with the attribute `has_trip_count` a last input, a constant, must be the
// count of steps (a while loop of TensorFlow names it).
#pragma once

#include "import/analyze.h"

#include <functional>

namespace qmn {

struct ScanShapes {
  Draft body;  ///< its inputs with shapes, and the constants from around it that it reads
  std::size_t state_count = 0, input_count = 0;  ///< input_count: states and scanned
  std::int64_t step_count = 0;
  std::vector<std::size_t> input_axes;  ///< of what is scanned
  std::vector<std::int64_t> output_axes;
};

/// `constant_of`: a constant around the Scan, or nullptr. Error (data), naming the node.
ScanShapes infer_scan(const OperatorCall& call, const std::function<std::shared_ptr<const DraftTensor>(const std::string&)>& constant_of);

/// Error (data) when a state comes out of the body in another shape than it went in.
void check_scan_results(const OperatorCall& call, const ScanShapes& shapes, const Analysis& body);

/// Of output `index` of the Scan.
Shape outer_shape(const ScanShapes& shapes, const Analysis& body, std::size_t index);

}  // namespace qmn
