// SPDX-License-Identifier: Apache-2.0
#include "import/window.h"

#include "base/error.h"
#include "graph/shape_rules.h"

#include <algorithm>

namespace qmn {
namespace {

std::vector<std::int64_t> list(const OperatorCall& call, const char* name, std::size_t count, std::int64_t otherwise, std::int64_t lowest) {
  std::vector<std::int64_t> numbers = call.node.integers(name, std::vector<std::int64_t>(count, otherwise));
  if (numbers.size() != count) fail_data("{}: its attribute {} has {} numbers, but {} are needed", call.node.title(), name, numbers.size(), count);
  for (std::int64_t number : numbers) {
    if (number < lowest) fail_data("{}: its attribute {} holds {}, below {}", call.node.title(), name, number, lowest);
  }
  return numbers;
}

}  // namespace

Window window_of(const OperatorCall& call, const Shape& in, const std::vector<std::int64_t>& kernel) {
  const std::string title = call.node.title();
  if (in.size() < 3) fail_data("{}: its input has shape {}, but spatial dimensions are needed", title, to_string(in));
  const std::size_t count = in.size() - 2;
  if (kernel.size() != count) fail_data("{}: its kernel has {} dimensions, its input {}", title, kernel.size(), count);
  Window window{kernel, list(call, "strides", count, 1, 1), list(call, "dilations", count, 1, 1), {}, {}, {}, {}};
  const std::vector<std::int64_t> pads = list(call, "pads", 2 * count, 0, 0);
  const std::string mode = call.node.text("auto_pad", "NOTSET");
  const bool is_same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!is_same && mode != "NOTSET" && mode != "VALID" && !mode.empty())
    fail_data("{}: its auto_pad {} is none of NOTSET, VALID, SAME_UPPER, SAME_LOWER", title, mode);
  const bool has_ceil = call.node.integer("ceil_mode", 0) != 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t extent = in[2 + i], stride = window.strides[i];
    if (kernel[i] < 1 || kernel[i] > kMaxElements) fail_data("{}: its kernel has an extent of {}", title, kernel[i]);
    const std::int64_t span = window.dilations[i] * (kernel[i] - 1) + 1;
    std::int64_t before = 0, after = 0;
    if (is_same) {
      const std::int64_t total = std::max<std::int64_t>(0, ((extent + stride - 1) / stride - 1) * stride + span - extent);
      before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
      after = total - before;
    } else if (mode != "VALID") {
      before = pads[i];
      after = pads[count + i];
    }
    const std::int64_t room = extent + before + after - span;
    if (room < 0) fail_data("{}: its kernel spans {}, but the padded input has only {}", title, span, extent + before + after);
    const std::int64_t steps = has_ceil && !is_same ? (room + stride - 1) / stride : room / stride;
    window.before.push_back(before);
    window.after.push_back(after);
    window.out.push_back(steps + 1);
    window.overhang.push_back(std::max<std::int64_t>(0, steps * stride - room));
  }
  return window;
}

}  // namespace qmn
