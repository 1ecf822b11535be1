// SPDX-License-Identifier: Apache-2.0
// base/parallel.h   Loops over both cores. Results must not depend on the order: each index writes to a place of its own.
#pragma once

#include <tbb/parallel_for.h>

#include <cstddef>

namespace qmn {

/// Calls body(index) for 0 … count-1, on all cores. An exception in a body reaches the caller.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
  tbb::parallel_for(std::size_t{0}, count, body);
}

}  // namespace qmn
