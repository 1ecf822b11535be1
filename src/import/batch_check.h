// SPDX-License-Identifier: Apache-2.0
// import/batch_check.h   Dimension 0 of a Graph is the batch: nothing may mix its clips. A file that was exported for several clips could.
#pragma once

#include "import/layouts.h"

namespace qmn {

/// Compares every shape of the draft at the file's own batch with the one at batch 1: they may differ in the batch axis alone. A file for
/// batch 1 has nothing to mix; one for any batch is tried with 2. Adds a complaint for the first value that differs.
void check_batch(const Draft& draft, const Analysis& at_one, const LaidOut& laid_out, Complaints& complaints);

}  // namespace qmn
