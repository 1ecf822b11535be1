// SPDX-License-Identifier: Apache-2.0
// What no honest file has: messages nested without end, names that a terminal would obey.
#include "formats/names.h"
#include "formats/onnx_limits.h"
#include "support/expect_error.h"

#include <gtest/gtest.h>

#include <string>

namespace qmn {
namespace {

/// A field of a message: tag of wire type 2, length, content.
std::string field(int number, const std::string& content) {
  std::string length;
  for (std::size_t left = content.size(); length.empty() || left > 0; left >>= 7) length += static_cast<char>((left & 0x7f) | (left >> 7 > 0 ? 0x80 : 0));
  return static_cast<char>(number << 3 | 2) + length + content;
}

/// A model whose graph holds a node whose attribute holds a graph, and so on: `depth` messages below the model.
std::string nested_model(int depth) {
  // From outside: model.graph 7, then graph.node 1, node.attribute 5, attribute.g 6 in turn.
  std::string bytes;
  for (int level = depth; level >= 1; --level) bytes = field(level == 1 ? 7 : level % 3 == 2 ? 1 : level % 3 == 0 ? 5 : 6, bytes);
  return bytes;
}

TEST(OnnxLimits, MessagesNestTwelveDeepAndNoDeeper) {
  for (int depth = 1; depth <= 12; ++depth) EXPECT_TRUE(is_modest_onnx(nested_model(depth))) << depth;
  for (const int depth : {13, 14, 15, 99, 2000}) EXPECT_FALSE(is_modest_onnx(nested_model(depth))) << depth;
}

TEST(OnnxLimits, APartThatReachesBeyondItsMessageIsNone) {
  const std::string inner = field(1, std::string(4, 'x'));
  EXPECT_TRUE(is_modest_onnx(field(7, field(1, ""))));
  std::string reaching = field(7, inner);
  reaching[3] = 5;  // the node's length: one more than the graph holds
  EXPECT_FALSE(is_modest_onnx(reaching));
  EXPECT_FALSE(is_modest_onnx(""));
}

TEST(Names, HoldNoControlCharacterAndAtMost200Bytes) {
  for (int code = 0; code < 256; ++code) {
    const std::string name = std::string("a") + static_cast<char>(code);
    if (code < 0x20 || code == 0x7f) {
      testing::expect_error(ErrorKind::data, {"the name of a value", "control character"}, [&] { check_name(name, "a value"); });
    } else {
      check_name(name, "a value");
    }
  }
  check_name(std::string(200, 'n'), "a value");
  testing::expect_error(ErrorKind::data, {"the name of a value", "201 bytes", "at most 200"}, [&] { check_name(std::string(201, 'n'), "a value"); });
}

}  // namespace
}  // namespace qmn
