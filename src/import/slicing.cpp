// SPDX-License-Identifier: Apache-2.0
#include "import/slicing.h"

#include "base/error.h"

#include <algorithm>

namespace qmn {

std::vector<AxisSlice> slices_of(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  std::vector<AxisSlice> out;
  for (std::int64_t extent : in) out.push_back({0, 1, extent});
  const std::vector<std::int64_t> starts = call.constant_integers(1), ends = call.constant_integers(2);
  std::vector<std::int64_t> axes, steps(starts.size(), 1);
  for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (call.has(3)) axes = call.constant_integers(3);
  if (call.has(4)) steps = call.constant_integers(4);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    fail_data("{}: starts, ends, axes and steps have {}, {}, {} and {} numbers", call.node.title(), starts.size(), ends.size(), axes.size(), steps.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = call.axis(axes[i], in.size());
    const std::int64_t extent = in[axis], step = steps[i];
    if (step == 0) fail_data("{}: a step of 0", call.node.title());
    const auto clamped = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + extent : at, step > 0 ? 0 : -1, step > 0 ? extent : extent - 1); };
    const std::int64_t start = clamped(starts[i]), end = clamped(ends[i]);
    const std::int64_t distance = step > 0 ? end - start : start - end, stride = step > 0 ? step : -step;
    out[axis] = {start, step, distance <= 0 ? 0 : (distance + stride - 1) / stride};
  }
  return out;
}

std::size_t split_axis(const OperatorCall& call) { return call.axis(call.node.integer("axis", 0), call.rank(0)); }

std::vector<std::int64_t> split_lengths(const OperatorCall& call) {
  const std::int64_t extent = call.shape(0)[split_axis(call)];
  const auto count = static_cast<std::int64_t>(call.node.outputs.size());
  std::vector<std::int64_t> lengths = call.has(1) ? call.constant_integers(1) : call.node.integers("split", {});
  if (lengths.empty()) {
    if (count == 0 || extent % count != 0) fail_data("{}: {} elements do not split into {} equal parts", call.node.title(), extent, count);
    lengths.assign(static_cast<std::size_t>(count), extent / count);
  }
  std::int64_t sum = 0;
  for (std::int64_t length : lengths) {
    if (length < 0 || length > extent) fail_data("{}: a part of {} of {} elements", call.node.title(), length, extent);
    sum += length;
  }
  if (sum != extent || static_cast<std::int64_t>(lengths.size()) != count)
    fail_data("{}: {} parts of together {} for {} outputs of together {}", call.node.title(), lengths.size(), sum, count, extent);
  return lengths;
}

}  // namespace qmn
