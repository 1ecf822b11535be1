// SPDX-License-Identifier: Apache-2.0
// tests/formats/onnx_text.h   ONNX graphs as protobuf text, for tests of the reader: input x, output y, what stands between is given.
#pragma once

#include "formats/onnx_format.h"
#include "support/expect_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/text_format.h>
#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

namespace qmn::testing::onnx_text {

inline std::string dims(const Shape& shape) {
  std::string out;
  for (std::int64_t extent : shape) out += fmt::format(" dims: {}", extent);
  return out;
}
inline std::string floats(const std::string& name, const Shape& shape, const std::vector<float>& reals) {
  return fmt::format("initializer {{ name: '{}' data_type: 1 {} float_data: [{}] }}\n", name, dims(shape), fmt::join(reals, ", "));
}
inline std::string integers(const std::string& name, int type, const Shape& shape, const std::vector<std::int64_t>& numbers) {
  const char* field = type == onnx::TensorProto::INT64 ? "int64_data" : "int32_data";
  return fmt::format("initializer {{ name: '{}' data_type: {} {} {}: [{}] }}\n", name, type, dims(shape), field, fmt::join(numbers, ", "));
}
inline std::string node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output, const std::string& more = "") {
  std::string out = fmt::format("node {{ op_type: '{}' output: '{}' {} ", op, output, more);
  for (const std::string& input : inputs) out += fmt::format("input: '{}' ", input);
  return out + "}\n";
}
inline std::string attribute(const std::string& name, std::int64_t number) {
  return fmt::format("attribute {{ name: '{}' type: INT i: {} }} ", name, number);
}
inline std::string attribute(const std::string& name, float number) {
  return fmt::format("attribute {{ name: '{}' type: FLOAT f: {} }} ", name, number);
}
inline std::string attribute(const std::string& name, const char* text) {
  return fmt::format("attribute {{ name: '{}' type: STRING s: '{}' }} ", name, text);
}
inline std::string attribute(const std::string& name, const std::vector<std::int64_t>& numbers) {
  return fmt::format("attribute {{ name: '{}' type: INTS ints: [{}] }} ", name, fmt::join(numbers, ", "));
}
inline std::string value(const std::string& kind, const std::string& name, const Shape& shape) {
  std::string out = fmt::format("{} {{ name: '{}' type {{ tensor_type {{ elem_type: 1 shape {{ ", kind, name);
  for (std::int64_t extent : shape)
    out += extent < 0 ? std::string("dim { dim_param: 'batch' } ") : fmt::format("dim {{ dim_value: {} }} ", extent);
  return out + "} } } }\n";
}

struct Text {
  std::string body;
  Shape input{-1, 2};
  int opset = 13;
  std::string output = "y";
};

inline std::string as_bytes(const Text& text) {
  onnx::ModelProto proto;
  const std::string whole = fmt::format("ir_version: 7 opset_import {{ version: {} }} graph {{ name: 'g' {} {} {} }}", text.opset,
                                        value("input", "x", text.input), text.body, value("output", text.output, {-1, 2}));
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(whole, &proto)) << whole;
  return proto.SerializeAsString();
}
inline Model read(const Text& text) { return parse_onnx(as_bytes(text), "net.onnx"); }

inline void expect_fault(const Text& text, std::vector<std::string> parts) {
  const std::string bytes = as_bytes(text);
  parts.push_back("net.onnx: ");
  expect_error(ErrorKind::data, parts, [&] { parse_onnx(bytes, "net.onnx"); });
}

}  // namespace qmn::testing::onnx_text
