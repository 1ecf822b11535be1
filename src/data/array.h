// SPDX-License-Identifier: Apache-2.0
// data/array.h   Numbers of any shape, and the files that hold them: .npy, .npz, raw .bin. Untrusted bytes.
#pragma once

#include "graph/graph.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmn {

struct Array {
  Shape shape;                 ///< empty: a scalar
  std::vector<float> numbers;  ///< row-major
};

/// At most that many numbers in a file.
inline constexpr std::int64_t kMaxArrayElements = std::int64_t{1} << 28;

/// NumPy's format 1.0 to 3.0, C or Fortran order, little-endian floats of 16, 32 and 64 bits, integers and bools.
/// Error (data) naming the file: truncated, another type, a shape that the bytes do not fill.
Array parse_npy(std::string_view bytes, const std::string& name);

/// Every array of a .npz (np.savez, np.savez_compressed), by its name without ".npy". Error (data) naming the file and the array.
std::vector<std::pair<std::string, Array>> parse_npz(std::string_view bytes, const std::string& name);

/// Numbers without a header: `type` is one of kRawTypes; `shape` is that of one example, and as many as fit are there: [examples, shape…].
/// Error (data): the bytes do not fill whole examples. Error (usage): an unknown type.
Array parse_raw(std::string_view bytes, const std::string& name, const Shape& shape, const std::string& type);
inline constexpr const char* kRawTypes[] = {"float32", "float64", "int8", "uint8", "int16", "int32"};  ///< of the numbers of a .bin file

}  // namespace qmn
