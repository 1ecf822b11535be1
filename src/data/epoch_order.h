// SPDX-License-Identifier: Apache-2.0
// data/epoch_order.h   The order of training examples: epoch after epoch, each a permutation that depends on (seed, epoch) alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace qmn {

class EpochOrder {
 public:
  EpochOrder(std::size_t slot_count, std::uint64_t seed) : slot_count_(slot_count), seed_(seed) {}

  /// The slot of the draw-th example of a training. From any thread.
  std::size_t slot(std::uint64_t draw);

 private:
  using Order = std::shared_ptr<const std::vector<std::uint32_t>>;
  Order order_of(std::uint64_t epoch);

  std::size_t slot_count_;
  std::uint64_t seed_;
  std::mutex mutex_;
  Order kept_[2];  // the last two, as a batch may span both
  std::uint64_t kept_epoch_[2] = {0, 0};
};

}  // namespace qmn
