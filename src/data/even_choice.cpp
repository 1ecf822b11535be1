// SPDX-License-Identifier: Apache-2.0
#include "data/even_choice.h"

#include <algorithm>
#include <numeric>

namespace qmn {

std::vector<std::size_t> even_choice(std::span<const int> labels, std::int64_t limit, Random random) {
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (limit <= 0 || static_cast<std::uint64_t>(limit) >= labels.size()) return order;
  random.shuffle(order);
  std::stable_sort(order.begin(), order.end(), [labels](std::size_t a, std::size_t b) { return labels[a] < labels[b]; });
  const auto count = static_cast<std::size_t>(limit);
  const std::size_t start = random.uniform_int(order.size());
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(order[(i * order.size() + start) / count]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace qmn
