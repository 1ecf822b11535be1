// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_attributes.h"

#include "base/error.h"
#include "graph/shape_rules.h"

namespace qmn {

const onnx::AttributeProto* OnnxAttributes::find(const char* name) const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

const onnx::AttributeProto* OnnxAttributes::take(const char* name, onnx::AttributeProto::AttributeType type) {
  seen_.insert(name);
  const onnx::AttributeProto* attribute = find(name);
  if (attribute != nullptr && attribute->type() != type) {
    fail_data("{}: its attribute {} is no {}", title_, name, onnx::AttributeProto::AttributeType_Name(type));
  }
  return attribute;
}

std::int64_t OnnxAttributes::bounded(const char* name, std::int64_t number) const {
  if (number < -kMaxElements || number > kMaxElements)
    fail_data("{}: its attribute {} is {}, beyond ±{}", title_, name, number, kMaxElements);
  return number;
}

std::int64_t OnnxAttributes::integer(const char* name, std::int64_t otherwise) {
  const onnx::AttributeProto* attribute = take(name, onnx::AttributeProto::INT);
  return attribute == nullptr ? otherwise : bounded(name, attribute->i());
}

float OnnxAttributes::real(const char* name, float otherwise) {
  const onnx::AttributeProto* attribute = take(name, onnx::AttributeProto::FLOAT);
  return attribute == nullptr ? otherwise : attribute->f();
}

std::string OnnxAttributes::text(const char* name, const std::string& otherwise) {
  const onnx::AttributeProto* attribute = take(name, onnx::AttributeProto::STRING);
  return attribute == nullptr ? otherwise : attribute->s();
}

void OnnxAttributes::read_integers(const char* name, std::int64_t* out, std::size_t count) {
  const onnx::AttributeProto* attribute = take(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) return;
  if (static_cast<std::size_t>(attribute->ints_size()) != count) {
    fail_data("{}: its attribute {} has {} numbers, but {} are needed (two dimensions are supported)", title_, name, attribute->ints_size(),
              count);
  }
  for (std::size_t i = 0; i < count; ++i) out[i] = bounded(name, attribute->ints(static_cast<int>(i)));
}

std::vector<std::int64_t> OnnxAttributes::list(const char* name) {
  const onnx::AttributeProto* attribute = take(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) return {};
  std::vector<std::int64_t> numbers(attribute->ints().begin(), attribute->ints().end());
  return numbers;
}

const onnx::GraphProto& OnnxAttributes::graph(const char* name) {
  const onnx::AttributeProto* attribute = take(name, onnx::AttributeProto::GRAPH);
  if (attribute == nullptr) fail_data("{}: its attribute {} is missing", title_, name);
  return attribute->g();
}

void OnnxAttributes::require(const char* name, std::int64_t otherwise, std::int64_t needed) {
  const std::int64_t number = integer(name, otherwise);
  if (number != needed) fail_data("{}: {} = {} is not supported, {} is", title_, name, number, needed);
}

void OnnxAttributes::require_real(const char* name, float otherwise, float needed) {
  const float number = real(name, otherwise);
  if (number != needed) fail_data("{}: {} = {} is not supported, {} is", title_, name, number, needed);
}

void OnnxAttributes::expect_no_other() const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (!seen_.contains(attribute.name())) fail_data("{}: its attribute {} is not supported", title_, attribute.name());
  }
}

}  // namespace qmn
