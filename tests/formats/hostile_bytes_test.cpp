// SPDX-License-Identifier: Apache-2.0
// Cut-off and altered files end in an Error or in a valid model, never in a crash; the sanitizer build runs this too.
#include "formats/onnx_format.h"
#include "formats/random_model.h"
#include "support/expect_error.h"

#include <onnx/onnx_pb.h>

namespace qmn {
namespace {

using testing::expect_error;
using testing::Formats;
using testing::random_model;

/// True when the bytes were refused with one line.
bool is_refused(const std::string& bytes) {
  try {
    verify(parse_onnx(bytes, "net.onnx").graph);
    return false;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_TRUE(message.starts_with("net.onnx: ")) << message;
    EXPECT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return true;
  }
}

TEST(HostileBytes, EveryTruncationIsRefused) {
  for (Formats which : {Formats::none, Formats::all}) {
    const std::string bytes = serialize_onnx(random_model(3, which));
    for (std::size_t size = 0; size < bytes.size(); size += 97) EXPECT_TRUE(is_refused(bytes.substr(0, size))) << size;
    for (std::size_t size = bytes.size() - std::min<std::size_t>(bytes.size(), 600); size < bytes.size(); ++size)
      EXPECT_TRUE(is_refused(bytes.substr(0, size))) << size;
  }
}

TEST(HostileBytes, FlippedBitsAreRefusedOrHarmless) {
  Random random{2024};
  int refused = 0;
  for (std::uint64_t i = 0; i < 1500; ++i) {
    std::string bytes = serialize_onnx(random_model(i % 5, i % 2 == 0 ? Formats::none : Formats::all));
    const int flips = 1 + static_cast<int>(random.uniform_int(3));
    for (int k = 0; k < flips; ++k) bytes[random.uniform_int(bytes.size())] ^= static_cast<char>(1 << random.uniform_int(8));
    refused += is_refused(bytes) ? 1 : 0;
  }
  EXPECT_GT(refused, 100);
}

TEST(HostileBytes, OverwrittenNumbersAreRefusedOrHarmless) {
  Random random{7};
  const std::string whole = serialize_onnx(random_model(8, Formats::all));
  const std::string poisons[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\xff\xff\xff\xff\x07", std::string(8, '\0'),
                                 "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"};
  for (int i = 0; i < 800; ++i) {
    std::string bytes = whole;
    const std::string& poison = poisons[random.uniform_int(4)];
    bytes.replace(random.uniform_int(bytes.size() - poison.size()), poison.size(), poison);
    is_refused(bytes);
  }
}

TEST(HostileBytes, CountsAreBoundedBeforeAnythingIsBuilt) {
  // A graph of ten million empty nodes: 2 bytes each in the file, gigabytes as objects.
  std::string graph(20'000'000, '\0');
  for (std::size_t i = 0; i < graph.size(); i += 2) graph[i] = 0x0a;
  onnx::ModelProto head;
  head.set_ir_version(7);
  std::string bytes = head.SerializeAsString() + "\x3a";
  for (std::size_t size = graph.size(); size > 0; size >>= 7) bytes += static_cast<char>((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
  EXPECT_TRUE(is_refused(bytes + graph));
}

TEST(HostileBytes, NestingIsBounded) {
  std::string bytes;  // model { graph { node { attribute { g { node { attribute { g { … } } } } } } } }
  for (int depth = 0; depth < 2000; ++depth) {
    const char tag = depth % 3 == 0 ? 0x0a : depth % 3 == 1 ? 0x2a : 0x32;
    std::string length;
    for (std::size_t size = bytes.size();; size >>= 7) {
      length += static_cast<char>((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
      if (size <= 0x7f) break;
    }
    bytes = tag + length + bytes;
  }
  EXPECT_TRUE(is_refused(bytes));
}

TEST(HostileBytes, AFileOfOursWithoutMetadataIsTruncated) {
  onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(serialize_onnx(random_model(3, Formats::none))));
  proto.clear_metadata_props();
  const std::string bytes = proto.SerializeAsString();
  expect_error(ErrorKind::data, {"net.onnx: truncated"}, [&] { parse_onnx(bytes, "net.onnx"); });
  proto.set_producer_name("another tool");
  EXPECT_FALSE(is_refused(proto.SerializeAsString()));
}

}  // namespace
}  // namespace qmn
