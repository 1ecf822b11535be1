// SPDX-License-Identifier: Apache-2.0
// formats/onnx_limits.cpp   An empty message takes two bytes in a file and some hundred in memory: parts are counted first.
#include "formats/onnx_limits.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace qmn {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMaxParts = 500000;
constexpr int kMaxDepth = 12;

enum class Message { model, graph, node, attribute, tensor, other };

/// The message type of a field, after onnx.proto; `other` is not looked into.
Message message_of_field(Message in, int field) {
  switch (in) {
    case Message::model:
      return field == 7 ? Message::graph : Message::other;
    case Message::graph:
      return field == 1 ? Message::node : field == 5 ? Message::tensor : Message::other;
    case Message::node:
      return field == 5 ? Message::attribute : Message::other;
    case Message::attribute:
      return field == 5 || field == 10 ? Message::tensor : field == 6 || field == 11 ? Message::graph : Message::other;
    case Message::tensor:
    case Message::other:
      break;
  }
  return Message::other;
}

bool walk(CodedInputStream& in, Message message, int depth, int& part_count) {
  if (depth > kMaxDepth) return false;
  while (const std::uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag)) return false;
      continue;
    }
    if (++part_count > kMaxParts) return false;
    std::uint32_t length = 0;
    if (!in.ReadVarint32(&length) || length > static_cast<std::uint32_t>(INT32_MAX)) return false;
    const Message part = message_of_field(message, WireFormatLite::GetTagFieldNumber(tag));
    if (part == Message::other) {
      if (!in.Skip(static_cast<int>(length))) return false;
      continue;
    }
    const CodedInputStream::Limit limit = in.PushLimit(static_cast<int>(length));
    if (in.BytesUntilLimit() != static_cast<int>(length)) return false;  // it reaches beyond the message around it
    if (!walk(in, part, depth + 1, part_count)) return false;
    in.PopLimit(limit);
  }
  return in.ConsumedEntireMessage();
}

}  // namespace

bool is_modest_onnx(const std::string& bytes) {
  if (bytes.empty() || bytes.size() > kMaxModelBytes) return false;
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  int part_count = 0;
  return walk(in, Message::model, 0, part_count);
}

}  // namespace qmn
