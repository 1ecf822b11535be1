// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include "base/check.h"

#include <cmath>
#include <numbers>

namespace qmn {
namespace {

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::initializer_list<std::uint64_t> keys) : state_(0x9e3779b97f4a7c15ull) {
  for (std::uint64_t key : keys) state_ = mix(state_ + 0x9e3779b97f4a7c15ull) ^ mix(key + 0x632be59bd9b4e019ull);
}

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15ull;
  return mix(state_);
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint64_t Random::uniform_int(std::uint64_t bound) {
  QMN_CHECK(bound > 0, "uniform_int needs a positive bound");
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t bits = next();
  while (bits >= limit) bits = next();
  return bits % bound;
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace qmn
