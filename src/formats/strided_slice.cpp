// SPDX-License-Identifier: Apache-2.0
// formats/strided_slice.cpp   A set bit of begin_mask or end_mask means "from the first" or "to the last"; of shrink_axis_mask: one element,
// and the dimension goes.
#include "formats/strided_slice.h"

#include "base/error.h"

namespace qmn {

void build_strided_slice(DraftBuilder& build, const StridedSlice& slice) {
  if (slice.ellipsis_mask != 0 || slice.new_axis_mask != 0) fail_data("{}: ellipsis_mask and new_axis_mask are not supported", slice.title);
  std::vector<std::int64_t> begin = slice.begin, end = slice.end, step = slice.step, axes, shrunk;
  constexpr std::size_t kMaxRank = 6;
  if (begin.size() != end.size() || begin.size() != step.size() || begin.size() > kMaxRank)
    fail_data("{}: begin, end and strides have {}, {} and {} numbers", slice.title, begin.size(), end.size(), step.size());
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const auto is_set = [&](std::int64_t mask) { return ((mask >> i) & 1) != 0; };
    axes.push_back(static_cast<std::int64_t>(i));
    if (is_set(slice.shrink_axis_mask)) {
      end[i] = begin[i] == -1 ? INT32_MAX : begin[i] + 1;
      step[i] = 1;
      shrunk.push_back(static_cast<std::int64_t>(i));
      continue;
    }
    if (is_set(slice.begin_mask)) begin[i] = step[i] < 0 ? INT32_MAX : 0;
    if (is_set(slice.end_mask)) end[i] = step[i] < 0 ? INT32_MIN : INT32_MAX;
  }
  const std::string& name = slice.name;
  std::vector<std::string> in{slice.input, build.integers(name + "/begin", begin), build.integers(name + "/end", end), build.integers(name + "/axes", axes),
                              build.integers(name + "/step", step)};
  if (shrunk.empty()) return build.node("Slice", name, std::move(in), slice.output);
  build.node("Squeeze", name, {build.helper("Slice", name + "/slice", std::move(in)), build.integers(name + "/shrunk", shrunk)}, slice.output);
}

}  // namespace qmn
