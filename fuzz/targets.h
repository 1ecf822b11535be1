// SPDX-License-Identifier: Apache-2.0
// fuzz/targets.h   What is fuzzed: each reader of bytes that come from outside, by name. libFuzzer runs them (fuzz/run.sh), and so does the
// test program qmn_fuzz_test, for a short time and without it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qmn::fuzz {

struct Target {
  const char* name;
  void (*read)(const std::string& bytes);  ///< returns or throws qmn::Error, whatever the bytes are
};

std::span<const Target> targets();

/// QMN_CHECKs that there is one.
const Target& target_named(std::string_view name);

struct Seed {
  std::string target;
  std::string name;
  std::string bytes;
};

/// Sound files of each format, to start from: small nets, arrays, pictures, recordings, lists.
std::vector<Seed> seeds();

}  // namespace qmn::fuzz
