// SPDX-License-Identifier: Apache-2.0
// tests/import/numbers_file.h   float32 numbers in a file: how the tests talk to the oracles in Python.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace qmn {

inline void write_numbers(const std::filesystem::path& path, const std::vector<float>& numbers) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(float)));
}

inline std::vector<float> read_numbers(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

}  // namespace qmn
