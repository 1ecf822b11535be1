// SPDX-License-Identifier: Apache-2.0
#include "formats/draft.h"

#include "base/error.h"
#include "graph/shape_rules.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

template <class T>
const T* find(const DraftNode& node, const char* attribute, const char* kind) {
  const auto found = node.attributes.find(attribute);
  if (found == node.attributes.end()) return nullptr;
  const T* value = std::get_if<T>(&found->second);
  if (value == nullptr) fail_data("{}: its attribute {} is no {}", node.title(), attribute, kind);
  return value;
}

std::int64_t bounded(const DraftNode& node, const char* attribute, std::int64_t number) {
  if (number < -kMaxElements || number > kMaxElements)
    fail_data("{}: its attribute {} is {}, beyond ±{}", node.title(), attribute, number, kMaxElements);
  return number;
}

}  // namespace

const char* element_type_name(ElementType type) {
  constexpr const char* kNames[] = {"float32", "int64", "int32", "int16", "int8", "uint8", "bool"};
  return kNames[static_cast<std::size_t>(type)];
}

DraftTensor integer_vector(const std::vector<std::int64_t>& integers) {
  DraftTensor out{ElementType::int64, {static_cast<std::int64_t>(integers.size())}, {}};
  for (std::int64_t integer : integers) out.numbers.push_back(static_cast<double>(integer));
  return out;
}

DraftTensor float_scalar(double number) { return {ElementType::float32, {}, {number}}; }

std::vector<std::int64_t> as_integers(const DraftTensor& tensor) {
  constexpr double kBound = 9007199254740992.0;  // 2^53
  std::vector<std::int64_t> out;
  out.reserve(tensor.numbers.size());
  for (double number : tensor.numbers) out.push_back(std::isnan(number) ? 0 : static_cast<std::int64_t>(std::clamp(number, -kBound, kBound)));
  return out;
}

std::int64_t DraftNode::integer(const char* attribute, std::int64_t otherwise) const {
  const auto* value = find<std::int64_t>(*this, attribute, "integer");
  return value == nullptr ? otherwise : bounded(*this, attribute, *value);
}

double DraftNode::real(const char* attribute, double otherwise) const {
  const auto* value = find<double>(*this, attribute, "number");
  return value == nullptr ? otherwise : *value;
}

std::string DraftNode::text(const char* attribute, const std::string& otherwise) const {
  const auto* value = find<std::string>(*this, attribute, "text");
  return value == nullptr ? otherwise : *value;
}

std::vector<std::int64_t> DraftNode::integers(const char* attribute, const std::vector<std::int64_t>& otherwise) const {
  const auto* value = find<std::vector<std::int64_t>>(*this, attribute, "list of integers");
  if (value == nullptr) return otherwise;
  for (std::int64_t number : *value) bounded(*this, attribute, number);
  return *value;
}

void Draft::add_constant(const std::string& value_name, DraftTensor tensor) {
  constant_elements_ += static_cast<std::int64_t>(tensor.numbers.size());
  if (constant_elements_ > kMaxDraftElements)
    fail_data("the constants up to {} have more than {} elements together", value_name, kMaxDraftElements);
  if (!constants.emplace(value_name, std::move(tensor)).second) fail_data("{} is defined twice", value_name);
}

}  // namespace qmn
