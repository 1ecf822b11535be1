// SPDX-License-Identifier: Apache-2.0
// import/analyze.h   What is known of every value of a draft, and the draft without what that makes superfluous.
//   x → Identity → y                          ⇒     x     (Dropout, and QuantizeLinear and DequantizeLinear of activations, likewise)
//   Shape(x), Concat(constants), …            ⇒     a constant
//   nodes that no output depends on           ⇒     nothing
#pragma once

#include "import/operators.h"

#include <map>
#include <string>
#include <vector>

namespace qmn {

/// Why nodes cannot be imported, a line each: "Elu act_3: …".
using Complaints = std::vector<std::string>;

struct Analysis {
  Draft draft;
  std::map<std::string, ValueInfo> values;  ///< of every value that is left, constants too
};

/// The batch of the input is dimension 0, or 1 where a recurrent layer walks along dimension 0.
std::size_t batch_axis_of_input(const Draft& draft);

/// `batch`: the extent that the batch of the inputs gets. What depends on a node with a complaint is left out without one of its own.
/// Error (data) for an input without fixed shape and for work beyond the limits.
Analysis analyze(const Draft& draft, std::int64_t batch, Complaints& complaints);

/// The body of a Scan, whose inputs have their shapes.
Analysis analyze_body(const Draft& body, Complaints& complaints);

}  // namespace qmn
