// SPDX-License-Identifier: Apache-2.0
// import/layouts.cpp
//   NHWC:  x → Transpose → Conv → Transpose → Relu → Reshape → MatMul(w)      ⇒      x' → Conv → Relu → Reshape → MatMul(w')
// with x' the input in NCHW and w' the rows of w in the order C, H, W. Axes that an operator names, and constants that it adds, are renamed
// and reordered the same way. Every way to store the input that could help is tried; the one that leaves the fewest Transposes wins.
#include "import/layouts.h"

#include "base/check.h"
#include "import/layout_pass.h"

#include <utility>

namespace qmn {

std::vector<std::vector<std::size_t>> input_orders(std::size_t rank, std::size_t batch_axis) {
  if (rank == 3 && batch_axis == 1) return {{1, 0, 2}};
  if (rank == 3) return {{0, 1, 2}, {0, 2, 1}};
  if (rank == 4) return {{0, 1, 2, 3}, {0, 3, 1, 2}};
  std::vector<std::size_t> as_is;
  for (std::size_t i = 0; i < rank; ++i) as_is.push_back(i);
  if (batch_axis == 1) std::swap(as_is.at(0), as_is.at(1));
  return {as_is};
}

LaidOut remove_layouts(const Analysis& analysis) {
  std::optional<LaidOut> best;
  int fewest = 0;
  for (const auto& order : input_orders(analysis.draft.inputs.at(0).shape.size(), batch_axis_of_input(analysis.draft))) {
    LayoutPass pass(analysis, order);
    LaidOut result = pass.run();
    if (!best || pass.leftover_count() < fewest) {
      best = std::move(result);
      fewest = pass.leftover_count();
    }
    if (fewest == 0) break;
  }
  QMN_CHECK(best.has_value(), "there is at least one order");
  return std::move(*best);
}

}  // namespace qmn
