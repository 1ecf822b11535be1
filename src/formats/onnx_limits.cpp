// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_limits.h"

#include "formats/protobuf_limits.h"

namespace qmn {
namespace {

enum Message { model, graph, node, attribute, tensor };

/// After onnx.proto.
int message_of_field(int in, int field) {
  switch (in) {
    case model:
      return field == 7 ? graph : kLeaf;
    case graph:
      return field == 1 ? node : field == 5 ? tensor : kLeaf;
    case node:
      return field == 5 ? attribute : kLeaf;
    case attribute:
      return field == 5 || field == 10 ? tensor : field == 6 || field == 11 ? graph : kLeaf;
    default:
      return kLeaf;
  }
}

}  // namespace

bool is_modest_onnx(const std::string& bytes) {
  return !bytes.empty() && bytes.size() <= kMaxModelBytes && is_modest_protobuf(bytes, message_of_field);
}

}  // namespace qmn
