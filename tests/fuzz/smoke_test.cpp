// SPDX-License-Identifier: Apache-2.0
// A short run of every fuzz target, without libFuzzer: the seeds, what fuzzing found once, and damaged copies of both, the same at every run.
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "targets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace qmn {

namespace fuzz {
void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }
}  // namespace fuzz

namespace {

constexpr int kDamagedCopies = 10000;

/// One of the ways in which a fuzzer changes bytes.
void damage(std::string& bytes, const std::string& other, Random& random) {
  const auto place = [&](const std::string& in) { return random.uniform_int(in.size() + 1); };
  const std::size_t at = place(bytes), length = random.uniform_int(std::min<std::size_t>(bytes.size() - at, 32) + 1);
  switch (random.uniform_int(7)) {
    case 0:
      if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.uniform_int(8));
      break;
    case 1:
      if (at < bytes.size()) bytes[at] = static_cast<char>("\x00\x01\x7f\x80\xff\n\"0"[random.uniform_int(8)]);
      break;
    case 2: bytes.erase(at, length); break;
    case 3: bytes.insert(at, std::string(bytes, at, length)); break;
    case 4: bytes.resize(at); break;
    case 5: bytes.replace(at, length, std::string(length, random.uniform_int(2) == 0 ? '\0' : '\xff')); break;
    default: bytes = bytes.substr(0, at) + other.substr(place(other)); break;
  }
}

/// Whether the reader took the bytes. A refusal is an Error about data, of one line.
bool is_read(const fuzz::Target& target, const std::string& bytes) {
  try {
    target.read(bytes);
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    EXPECT_EQ(error.kind(), ErrorKind::data) << message;
    return false;
  }
}

class FuzzSmoke : public ::testing::TestWithParam<fuzz::Target> {
 protected:
  static std::vector<std::string> seeds() {
    std::vector<std::string> all;
    for (const fuzz::Seed& seed : fuzz::seeds()) {
      if (seed.target == GetParam().name) all.push_back(seed.bytes);
    }
    return all;
  }
};

TEST_P(FuzzSmoke, SeedsAreRead) {
  ASSERT_FALSE(seeds().empty());
  for (const std::string& bytes : seeds()) EXPECT_NO_THROW(GetParam().read(bytes));
}

TEST_P(FuzzSmoke, WhatFuzzingFoundStaysMended) {
  int tried = 0;
  for (const auto& entry : std::filesystem::directory_iterator(QMN_FUZZ_REGRESSIONS)) {
    SCOPED_TRACE(entry.path());
    is_read(GetParam(), read_file(entry.path()));
    ++tried;
  }
  EXPECT_GT(tried, 0);
}

TEST_P(FuzzSmoke, DamagedCopiesAreReadOrRefused) {
  const std::vector<std::string> own = seeds();
  std::vector<std::string> pool = own;
  for (const auto& entry : std::filesystem::directory_iterator(QMN_FUZZ_REGRESSIONS)) pool.push_back(read_file(entry.path()));
  Random random{5};
  for (int i = 0; i < kDamagedCopies; ++i) {
    // Mostly of the format's own seeds; a little damage finds more paths than much.
    std::string bytes = pool[random.uniform_int(random.uniform_int(4) == 0 ? pool.size() : own.size())];
    for (std::uint64_t changes = 1 + random.uniform_int(4); changes > 0; --changes) damage(bytes, pool[random.uniform_int(pool.size())], random);
    is_read(GetParam(), bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Readers, FuzzSmoke, ::testing::ValuesIn(fuzz::targets().begin(), fuzz::targets().end()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace qmn
