// SPDX-License-Identifier: Apache-2.0
// tests/data/array_files.h   NPY and NPZ as bytes, put together by hand.
#pragma once

#include "graph/graph.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace qmn::testing {

/// NPY 1.0 of float32.
inline std::string npy(const Shape& shape, const std::vector<float>& numbers) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : shape) text += fmt::format("{},", extent);
  text += "), }\n";
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(text.size() % 256) + static_cast<char>(text.size() / 256) + text;
  return bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
}

/// A ZIP archive of members that are stored as they are, without checksums.
inline std::string npz(const std::vector<std::pair<std::string, std::string>>& arrays) {
  const auto number = [](std::size_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += i < 8 ? static_cast<char>(value >> 8 * i & 255) : '\0';
    return out;
  };
  std::string members, directory;
  for (const auto& [title, bytes] : arrays) {
    const std::string name = title + ".npy", sizes = number(0, 4) + number(bytes.size(), 4) + number(bytes.size(), 4) + number(name.size(), 2) + number(0, 2);
    directory += number(0x02014b50, 4) + number(20, 2) + number(20, 2) + std::string(8, '\0') + sizes + number(0, 10) + number(members.size(), 4) + name;
    members += number(0x04034b50, 4) + number(20, 2) + std::string(8, '\0') + sizes + name + bytes;
  }
  return members + directory + number(0x06054b50, 4) + number(0, 4) + number(arrays.size(), 2) + number(arrays.size(), 2) + number(directory.size(), 4) + number(members.size(), 4) + number(0, 2);
}

}  // namespace qmn::testing
