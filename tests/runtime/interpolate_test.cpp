// SPDX-License-Identifier: Apache-2.0
#include "typed_values.h"

namespace qmn::oracle {
namespace {

using Values = std::vector<std::int16_t>;

/// The line between two entries at a real position, in double: exact, as every product is below 2^31.
template <class Out>
std::vector<Out> definition(const qmn_interpolate& layer, const Values& input) {
  std::vector<Out> out;
  const double segment = std::exp2(layer.segment_shift);
  for (std::int16_t value : input) {
    const double position = std::clamp(real(value), real(-layer.half_span), real(layer.half_span - 1)) + layer.half_span;
    const double k = std::floor(position / segment);
    const std::int16_t* entry = layer.table + static_cast<int>(k);
    const double line = real(entry[0]) + (real(entry[1]) - entry[0]) * (position - k * segment) / segment;
    out.push_back(rounded<Out>(line * segment, layer.out_shift, {layer.clip_min, layer.clip_max}));
  }
  return out;
}

TEST(Interpolate, EqualsItsDefinitionForEveryInputAndRandomTables) {
  const Values all = every_value<std::int16_t>();
  for (std::uint64_t round = 0; round < 150; ++round) {
    Random random{45, round};
    const std::int32_t half_span_log2 = between(random, 0, 15);
    const std::int32_t segment_shift = between(random, 0, std::min(half_span_log2 + 1, 14));
    const Values table = random_values<std::int16_t>(random, (2 << half_span_log2 >> segment_shift) + 1);
    const Clips clips8 = random_clips<std::int8_t>(random), clips16 = random_clips<std::int16_t>(random);
    qmn_interpolate layer{65536, 1 << half_span_log2, segment_shift, between(random, 0, 30), clips8.low, clips8.high, table.data()};
    GuardedValues<std::int8_t> narrow(all.size());
    qmn_interpolate_s16_s8_ref(&layer, all.data(), narrow.data());
    ASSERT_EQ(narrow.take(), definition<std::int8_t>(layer, all)) << "round " << round;
    layer.clip_min = clips16.low;
    layer.clip_max = clips16.high;
    Values in_place = all;
    qmn_interpolate_s16_ref(&layer, in_place.data(), in_place.data());
    ASSERT_EQ(in_place, definition<std::int16_t>(layer, all)) << "round " << round;
  }
}

}  // namespace
}  // namespace qmn::oracle
