// SPDX-License-Identifier: Apache-2.0
#include "data/epoch_order.h"

#include "base/random.h"

#include <numeric>

namespace qmn {
namespace {

constexpr std::uint64_t kEpochPurpose = 21;

}  // namespace

std::size_t EpochOrder::slot(std::uint64_t draw) { return (*order_of(draw / slot_count_))[draw % slot_count_]; }

EpochOrder::Order EpochOrder::order_of(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  Order& kept = kept_[epoch % 2];
  if (!kept || kept_epoch_[epoch % 2] != epoch) {
    std::vector<std::uint32_t> order(slot_count_);
    std::iota(order.begin(), order.end(), 0u);
    Random({seed_, kEpochPurpose, epoch}).shuffle(order);
    kept = std::make_shared<const std::vector<std::uint32_t>>(std::move(order));
    kept_epoch_[epoch % 2] = epoch;
  }
  return kept;
}

}  // namespace qmn
