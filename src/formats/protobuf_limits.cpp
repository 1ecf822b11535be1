// SPDX-License-Identifier: Apache-2.0
#include "formats/protobuf_limits.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace qmn {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMaxParts = 500000;
constexpr int kMaxDepth = 12;

struct Walk {
  CodedInputStream& in;
  MessageOfField message_of_field;
  int part_count = 0;

  bool run(int message, int depth) {
    if (depth > kMaxDepth) return false;
    while (const std::uint32_t tag = in.ReadTag()) {
      if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        if (!WireFormatLite::SkipField(&in, tag)) return false;
        continue;
      }
      if (++part_count > kMaxParts) return false;
      std::uint32_t length = 0;
      if (!in.ReadVarint32(&length) || length > static_cast<std::uint32_t>(INT32_MAX)) return false;
      const int part = message_of_field(message, WireFormatLite::GetTagFieldNumber(tag));
      if (part == kLeaf) {
        if (!in.Skip(static_cast<int>(length))) return false;
        continue;
      }
      const CodedInputStream::Limit limit = in.PushLimit(static_cast<int>(length));
      if (in.BytesUntilLimit() != static_cast<int>(length)) return false;  // it reaches beyond the message around it
      if (!run(part, depth + 1)) return false;
      in.PopLimit(limit);
    }
    return in.ConsumedEntireMessage();
  }
};

}  // namespace

bool is_modest_protobuf(const std::string& bytes, MessageOfField message_of_field) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  return Walk{in, message_of_field}.run(0, 0);
}

}  // namespace qmn
