// SPDX-License-Identifier: Apache-2.0
// formats/draft_builder.h   Appends nodes to a Draft. Readers of NHWC formats write each windowed operator with a Transpose before and
// behind it; src/import/ takes those out again.
#pragma once

#include "formats/draft.h"

#include <set>
#include <string>
#include <vector>

namespace qmn {

using DraftAttributes = std::map<std::string, DraftAttribute>;

class DraftBuilder {
 public:
  explicit DraftBuilder(Draft& draft) : draft_(draft) {}

  /// Names that must not be given to helper values.
  void reserve(const std::string& name) { names_.insert(name); }
  std::string fresh(const std::string& wish);
  /// A body's names and those around it must differ: each takes over the other's.
  void reserve_all(const DraftBuilder& other) { names_.insert(other.names_.begin(), other.names_.end()); }

  std::string constant(const std::string& wish, DraftTensor tensor);
  std::string integers(const std::string& wish, const std::vector<std::int64_t>& numbers) { return constant(wish, integer_vector(numbers)); }

  /// The node is called `name`, its one output `output`.
  void node(const std::string& op, const std::string& name, std::vector<std::string> inputs, const std::string& output,
            DraftAttributes attributes = {});
  /// A helper node with one output of a fresh name, which comes back.
  std::string helper(const std::string& op, const std::string& name, std::vector<std::string> inputs, DraftAttributes attributes = {});
  std::string transpose(const std::string& name, const std::string& input, const std::vector<std::int64_t>& perm);

  /// `op` on NCHW data between two layout changes: input 0 and the output are NHWC.
  void nhwc_node(const std::string& op, const std::string& name, std::vector<std::string> inputs, const std::string& output,
                 DraftAttributes attributes);

 private:
  Draft& draft_;
  std::set<std::string> names_;
};

}  // namespace qmn
