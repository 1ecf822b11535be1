// SPDX-License-Identifier: Apache-2.0
// import/analyze.h   What is known of every value of a draft, and the draft without what that makes superfluous.
//   x → Identity → y                          ⇒     x
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

/// `batch`: the extent that dimension 0 of the inputs gets. What depends on a node with a complaint is left out without one of its own.
/// Error (data) for an input without fixed shape and for work beyond the limits.
Analysis analyze(const Draft& draft, std::int64_t batch, Complaints& complaints);

}  // namespace qmn
