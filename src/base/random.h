// SPDX-License-Identifier: Apache-2.0
// base/random.h   Seeded random numbers that are the same on every platform and need no stored state.
//
// A generator is made from keys, such as {seed, step, clip}: whoever asks with the same keys gets the same numbers, so an
// interrupted training that resumes at step k draws what the uninterrupted one drew. SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>

namespace qmn {

class Random {
 public:
  explicit Random(std::initializer_list<std::uint64_t> keys);

  std::uint64_t next();                           ///< 64 uniform bits
  double uniform();                               ///< [0, 1), 53 bits
  double uniform(double low, double high);        ///< [low, high)
  std::uint64_t uniform_int(std::uint64_t bound);  ///< 0 … bound-1, unbiased; bound > 0
  double normal();                                ///< mean 0, variance 1 (Box-Muller)

  /// Fisher-Yates; any container with size() and operator[].
  template <class Container>
  void shuffle(Container& items) {
    for (std::uint64_t i = items.size(); i > 1; --i) {
      using std::swap;
      swap(items[i - 1], items[uniform_int(i)]);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace qmn
