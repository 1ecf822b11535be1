// SPDX-License-Identifier: Apache-2.0
// data/even_choice.h   Some of many examples, every label with its share.
#pragma once

#include "base/random.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

/// Indices of at most `limit` examples, ascending: which of a label's examples is up to `random`. 0: all.
std::vector<std::size_t> even_choice(std::span<const int> labels, std::int64_t limit, Random random);

}  // namespace qmn
