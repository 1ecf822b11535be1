// SPDX-License-Identifier: Apache-2.0
// Arrays as numpy writes them (make_arrays.py) come back number for number; cut and patched ones end in one line that names the file.
#include "data/array.h"

#include "base/file.h"
#include "base/random.h"
#include "base/subprocess.h"
#include "import/numbers_file.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace qmn {
namespace {

using testing::expect_error;

constexpr const char* kPython = "/usr/bin/python3";

class Arrays : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_process({kPython, "-c", "import numpy"}).exit_code != 0) GTEST_SKIP() << "no numpy for " << kPython << " (apt install python3-numpy)";
    const ProcessResult made = run_process({kPython, QMN_MAKE_ARRAYS, folder_.path().string()});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  std::string bytes(const std::string& name) const { return read_file(folder_.path() / name); }
  std::vector<float> expected(const std::string& name) const { return read_numbers(folder_.path() / (name + ".expected")); }

  const TemporaryFolder folder_;
};

TEST_F(Arrays, EveryTypeIsReadNumberForNumber) {
  for (const char* type : {"f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "b1"}) {
    const Array array = parse_npy(bytes(std::string(type) + ".npy"), type);
    EXPECT_EQ(array.shape, (Shape{3, 4, 2})) << type;
    EXPECT_EQ(array.numbers, expected(type)) << type;
  }
}

TEST_F(Arrays, AllHalvesOfFiniteValueAreExact) { EXPECT_EQ(parse_npy(bytes("halves.npy"), "halves").numbers, expected("halves")); }

TEST_F(Arrays, FortranOrderAndLaterVersionsAreTheSameNumbers) {
  for (const char* name : {"fortran.npy", "version2.npy"}) {
    const Array array = parse_npy(bytes(name), name);
    EXPECT_EQ(array.shape, (Shape{4, 3, 5})) << name;
    EXPECT_EQ(array.numbers, expected("fortran")) << name;
  }
  EXPECT_TRUE(parse_npy(bytes("scalar.npy"), "scalar").shape.empty());
}

TEST_F(Arrays, ArchivesStoredAndDeflatedHoldTheirArraysByName) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const auto arrays = parse_npz(bytes(name), name);
    ASSERT_EQ(arrays.size(), 2U) << name;
    EXPECT_EQ(arrays[0].first, "x");
    EXPECT_EQ(arrays[0].second.numbers, expected("x")) << name;
    EXPECT_EQ(arrays[1].second.numbers, (std::vector<float>{0, 1, 2, 3, 4, 5})) << name;
  }
}

TEST_F(Arrays, WhatCannotBeReadIsNamed) {
  const auto npy = [](const std::string& bytes) { return [bytes] { parse_npy(bytes, "a.npy"); }; };
  expect_error(ErrorKind::data, {"a.npy", "no NPY"}, npy(""));
  expect_error(ErrorKind::data, {"a.npy", "no NPY"}, npy("PK\x03\x04 and more bytes"));
  expect_error(ErrorKind::data, {"a.npy", ">f4"}, npy(bytes("big_endian.npy")));
  expect_error(ErrorKind::data, {"a.npy", "<U1"}, npy(bytes("text.npy")));
  expect_error(ErrorKind::data, {"a.npy", "3x4x2", "96 bytes", "92 follow"}, npy(bytes("f4.npy").substr(0, bytes("f4.npy").size() - 4)));
  std::string huge = bytes("f4.npy");
  huge.replace(huge.find("(3, 4, 2), }"), 12, "(99999,9999)");
  expect_error(ErrorKind::data, {"a.npy", "99999x9999"}, npy(huge));
  expect_error(ErrorKind::data, {"b.npz", "no ZIP"}, [] { parse_npz("PK and so on", "b.npz"); });
}

/// Damage of every kind: any bytes end in arrays or in an Error.
TEST_F(Arrays, CutAndPatchedFilesNeverDoHarm) {
  Random random({31});
  for (const char* name : {"f4.npy", "fortran.npy", "stored.npz", "deflated.npz"}) {
    const std::string sound = bytes(name);
    const auto parse = [&](const std::string& bytes) {
      try {
        if (std::string(name).ends_with(".npz")) parse_npz(bytes, name);
        else parse_npy(bytes, name);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data) << error.what();
      }
    };
    for (std::size_t length = 0; length < sound.size(); length += 1 + sound.size() / 300) parse(sound.substr(0, length));
    for (int patch = 0; patch < 2000; ++patch) {
      std::string patched = sound;
      for (int i = 0; i < 3; ++i) patched[random.uniform_int(patched.size())] = static_cast<char>(random.uniform_int(256));
      parse(patched);
    }
  }
}

TEST(RawArrays, HoldWholeExamplesOfAShape) {
  const std::int16_t numbers[] = {1, -2, 3, 4, 5, -32768};
  const std::string bytes(reinterpret_cast<const char*>(numbers), sizeof numbers);
  const Array array = parse_raw(bytes, "a.bin", {3}, "int16");
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(array.numbers, (std::vector<float>{1, -2, 3, 4, 5, -32768}));
  EXPECT_EQ(parse_raw(bytes, "a.bin", {3, 1, 4}, "uint8").shape, (Shape{1, 3, 1, 4}));
  expect_error(ErrorKind::data, {"a.bin", "12 bytes", "5 int16", "--bin_shape"}, [&] { parse_raw(bytes, "a.bin", {5}, "int16"); });
  expect_error(ErrorKind::data, {"a.bin"}, [&] { parse_raw("", "a.bin", {5}, "int16"); });
  expect_error(ErrorKind::usage, {"--bin_type float16", "float32"}, [&] { parse_raw(bytes, "a.bin", {3}, "float16"); });
}

}  // namespace
}  // namespace qmn
