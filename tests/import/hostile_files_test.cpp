// SPDX-License-Identifier: Apache-2.0
// Damaged files of every format end in an Error of one line or in a valid net, never in a crash; the sanitizer build runs this too.
#include "base/random.h"
#include "formats/graphdef_format.h"
#include "formats/onnx_draft.h"
#include "formats/tflite_format.h"
#include "import/foreign.h"
#include "import/small_files.h"
#include "support/expect_error.h"

#include <cmath>

namespace qmn {
namespace {

using testing::expect_error;
using testing::TfliteBuilder;

ForeignModel parse(const std::string& target, const std::string& bytes) {
  if (target == "graphdef") return parse_graphdef(bytes, "net");
  if (target == "tflite") return parse_tflite(bytes, "net");
  return parse_onnx_draft(bytes, "net");
}

/// True when the bytes were refused with one line.
bool is_refused(const std::string& target, const std::string& bytes) {
  try {
    std::vector<std::string> notes;
    verify(model_of(parse(target, bytes), notes).graph);
    return false;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    EXPECT_EQ(error.kind(), ErrorKind::data) << message;
    return true;
  }
}

TEST(HostileFiles, TheFilesThemselvesAreImported) {
  for (const auto& [target, name, bytes] : testing::small_files()) {
    std::vector<std::string> notes;
    EXPECT_NO_THROW(model_of(parse(target, bytes), notes)) << name;
  }
}

TEST(HostileFiles, TruncatedFilesAreRefused) {
  for (const auto& [target, name, bytes] : testing::small_files()) {
    int refused = 0, tried = 0;
    for (std::size_t size = 0; size < bytes.size(); size += 13, ++tried) refused += is_refused(target, bytes.substr(0, size)) ? 1 : 0;
    // A GraphDef cut between two nodes is a GraphDef, and what stands before the cut may be a net.
    EXPECT_GE(refused, target == "graphdef" ? tried / 2 : tried) << name;
  }
}

TEST(HostileFiles, FlippedBitsAreRefusedOrHarmless) {
  Random random{11};
  for (const auto& [target, name, whole] : testing::small_files()) {
    int refused = 0;
    for (int i = 0; i < 1500; ++i) {
      std::string bytes = whole;
      const int flips = 1 + static_cast<int>(random.uniform_int(3));
      for (int k = 0; k < flips; ++k) bytes[random.uniform_int(bytes.size())] ^= static_cast<char>(1 << random.uniform_int(8));
      refused += is_refused(target, bytes) ? 1 : 0;
    }
    EXPECT_GT(refused, 100) << name;
  }
}

TEST(HostileFiles, OverwrittenNumbersAreRefusedOrHarmless) {
  Random random{12};
  const std::string poisons[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\xff\xff\xff\xff\x07", std::string(8, '\0'), "\xff\xff\xff\x7f"};
  for (const auto& [target, name, whole] : testing::small_files()) {
    for (int i = 0; i < 800; ++i) {
      std::string bytes = whole;
      const std::string& poison = poisons[random.uniform_int(4)];
      bytes.replace(random.uniform_int(bytes.size() - poison.size()), poison.size(), poison);
      is_refused(target, bytes);
    }
  }
}

TEST(HostileFiles, CountsAreBoundedBeforeAnythingIsBuilt) {
  std::string bytes(20'000'000, '\0');  // a GraphDef of ten million empty nodes
  for (std::size_t i = 0; i < bytes.size(); i += 2) bytes[i] = 0x0a;
  EXPECT_TRUE(is_refused("graphdef", bytes));
}

void expect_tflite_refused(const std::string& bytes, const std::vector<std::string>& parts) {
  expect_error(ErrorKind::data, parts, [&] {
    std::vector<std::string> notes;
    model_of(parse_tflite(bytes, "net.tflite"), notes);
  });
}

TEST(HostileFiles, BrokenTfliteModelsEndInOneLine) {
  expect_tflite_refused("", {"net.tflite", "empty"});
  expect_tflite_refused(std::string("\x1c\0\0\0TFL3....", 12), {"net.tflite", "truncated or not a TFLite model"});
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), y = b.value("y", {1, 4});
    b.op(19, {x}, {y});
    expect_tflite_refused(b.bytes({x}, {y}, 2), {"version 2"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), y = b.value("y", {1, 4});
    b.op(19, {77}, {y});
    expect_tflite_refused(b.bytes({x}, {y}), {"RELU y", "tensor 77 of 2"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), y = b.value("y", {1, 4});
    b.op(0, {x, y}, {y});
    expect_tflite_refused(b.bytes({x}, {y}), {"Add y", "reads y"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), w = b.reals("w", {1 << 20, 1 << 20}, {1, 2}), y = b.value("y", {1, 4});
    b.op(0, {x, w}, {y});
    expect_tflite_refused(b.bytes({x}, {y}), {"tensor w", "more than"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), w = b.reals("w", {4}, {1, 2}), y = b.value("y", {1, 4});
    b.op(0, {x, w}, {y});
    expect_tflite_refused(b.bytes({x}, {y}), {"tensor w of shape 4 holds 2 numbers"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), w = b.reals("w", {2, 4}, std::vector<float>(8, std::nanf(""))), y = b.value("y", {1, 2});
    b.op(9, {x, w, -1}, {y}, tflite::CreateFullyConnectedOptions(b.fbb));
    expect_tflite_refused(b.bytes({x}, {y}), {"nan"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), y = b.value("y", {1, 4}), z = b.value("z", {1, 4});
    b.op(111, {x}, {y});
    b.op(47, {y}, {z});
    expect_tflite_refused(b.bytes({x}, {z}), {"operator 111 y", "not supported"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4, 4, 1}), w = b.reals("w", {1, 9, 9, 1}, std::vector<float>(81, 1)), y = b.value("y", {1, 1, 1, 1});
    b.op(3, {x, w}, {y}, tflite::CreateConvOptions(b.fbb, 1, 1, 1));
    expect_tflite_refused(b.bytes({x}, {y}), {"Conv y", "kernel spans 9"});
  }
  {
    TfliteBuilder b;
    const int x = b.value("x", {1, 4}), y = b.value("y", {1, 4});
    b.op(19, {x}, {y});
    expect_tflite_refused(b.bytes({}, {y}), {"no input"});
  }
}

TEST(HostileFiles, WeightsWithScalesAreMultipliedOut) {
  std::vector<std::string> notes;
  const ForeignModel foreign = parse_tflite(testing::small_tflite(), "net.tflite");
  const DraftTensor& w = foreign.draft.constants.at("w");
  EXPECT_EQ(w.type, ElementType::float32);
  for (std::size_t i = 0; i < w.numbers.size(); ++i) {
    const float scale = std::vector<float>{0.1f, 0.2f, 0.3f, 0.4f}[i / 18];
    EXPECT_EQ(w.numbers[i], static_cast<double>(scale) * (static_cast<int>(i) * 5 % 23 - 11)) << i;
  }
  ASSERT_EQ(foreign.notes.size(), 1u);
  EXPECT_NE(foreign.notes[0].find("multiplied out"), std::string::npos);
}

}  // namespace
}  // namespace qmn
