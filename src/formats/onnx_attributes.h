// SPDX-License-Identifier: Apache-2.0
// formats/onnx_attributes.h   The attributes of one node: typed, bounded, and none overlooked.
#pragma once

#include <onnx/onnx_pb.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace qmn {

class OnnxAttributes {
 public:
  /// `title` names the node in messages.
  OnnxAttributes(const onnx::NodeProto& node, std::string title) : node_(node), title_(std::move(title)) {}

  bool has(const char* name) const { return find(name) != nullptr; }
  std::int64_t integer(const char* name, std::int64_t otherwise);
  float real(const char* name, float otherwise);
  std::string text(const char* name, const std::string& otherwise);
  template <std::size_t count>
  std::array<std::int64_t, count> integers(const char* name, const std::array<std::int64_t, count>& otherwise) {
    std::array<std::int64_t, count> out = otherwise;
    read_integers(name, out.data(), count);
    return out;
  }
  std::vector<std::int64_t> list(const char* name);  ///< of any length; empty when it is missing
  const onnx::GraphProto& graph(const char* name);   ///< Error (data) when it is missing
  /// Error (data) when the attribute has another value.
  void require(const char* name, std::int64_t otherwise, std::int64_t needed);
  void require_real(const char* name, float otherwise, float needed);
  /// For attributes that change nothing here.
  void ignore(const char* name) { seen_.insert(name); }
  /// Error (data) when the node has an attribute that nothing above asked for: it could change what the node computes.
  void expect_no_other() const;

 private:
  const onnx::AttributeProto* find(const char* name) const;
  const onnx::AttributeProto* take(const char* name, onnx::AttributeProto::AttributeType type);
  void read_integers(const char* name, std::int64_t* out, std::size_t count);
  std::int64_t bounded(const char* name, std::int64_t number) const;

  const onnx::NodeProto& node_;
  std::string title_;
  std::set<std::string> seen_;
};

}  // namespace qmn
