// SPDX-License-Identifier: Apache-2.0
// quantize/carried_states.h   What loops carry from step to step. Such a value is rounded again at every step, and the errors add up.
#pragma once

#include "quantize/layers.h"

#include <string>
#include <vector>

namespace qmn {

/// A state of a Scan with the sums and products that lead to its next value: what needs 16 bits together, for a wide state is of no use behind
/// narrow terms. LSTM's c: f⊙c + i⊙j, f⊙c, i⊙j; GRU's h: u⊙(h - c) + c, u⊙(h - c), h - c.
struct CarriedState {
  std::string name;                ///< of the state inside the body
  std::vector<TiedValues> values;  ///< the state itself first, then its terms
};

/// In order of execution. A state that comes straight out of a layer with weights or a curve stands alone.
std::vector<CarriedState> carried_states(const Graph& prepared);

}  // namespace qmn
