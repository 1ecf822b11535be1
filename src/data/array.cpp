// SPDX-License-Identifier: Apache-2.0
// data/array.cpp   NPY: "\x93NUMPY", version, length of the header, the header as a Python dict
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, the numbers. (numpy/lib/format.py)
#include "data/array.h"

#include "base/error.h"
#include "base/text.h"
#include "data/zip.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

namespace qmn {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers in files are little-endian");

struct ElementReader {
  std::size_t size_bytes;
  float (*read)(const char*);
};

template <class T>
float read_as(const char* at) {
  T element;
  std::memcpy(&element, at, sizeof(T));
  return static_cast<float>(element);
}

/// IEEE 754 half precision: sign, 5 bits of exponent, 10 of fraction.
float read_half(const char* at) {
  std::uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return static_cast<float>(fraction == 0 ? sign * HUGE_VAL : std::nan(""));
  return static_cast<float>(sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25)));
}

template <class T>
ElementReader reader_of() {
  return {sizeof(T), read_as<T>};
}

std::vector<float> read_numbers(std::string_view bytes, const ElementReader& reader) {
  std::vector<float> numbers(bytes.size() / reader.size_bytes);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = reader.read(bytes.data() + i * reader.size_bytes);
  return numbers;
}

std::int64_t checked_count(const Shape& shape, const std::string& name) {
  constexpr std::size_t kMaxRank = 8;
  if (shape.size() > kMaxRank) fail_data("{}: {} dimensions (at most {})", name, shape.size(), kMaxRank);
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || extent > kMaxArrayElements || (count *= extent) > kMaxArrayElements) fail_data("{}: a shape of {} (at most {} numbers)", name, to_string(shape), kMaxArrayElements);
  }
  return count;
}

/// The text behind 'key': in the header.
std::string_view field(std::string_view header, const char* key, const std::string& name) {
  const std::size_t at = header.find(std::string("'") + key + "':");
  if (at == std::string_view::npos) fail_data("{}: its NPY header has no {}", name, key);
  std::string_view text = header.substr(at + std::strlen(key) + 3);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

Shape parse_shape(std::string_view text, const std::string& name) {
  const std::size_t end = text.find(')');
  if (text.empty() || text.front() != '(' || end == std::string_view::npos) fail_data("{}: its NPY header has no shape", name);
  Shape shape;
  std::int64_t number = -1;
  for (const char c : text.substr(1, end - 1)) {
    if (c >= '0' && c <= '9') {
      number = std::max<std::int64_t>(number, 0) * 10 + (c - '0');
      if (number > kMaxArrayElements) fail_data("{}: an extent beyond {}", name, kMaxArrayElements);
    } else if (c == ',') {
      if (number >= 0) shape.push_back(number);
      number = -1;
    } else if (c != ' ' && c != 'L') {
      fail_data("{}: its NPY header has a broken shape", name);
    }
  }
  if (number >= 0) shape.push_back(number);
  return shape;
}

/// The first axis varies fastest → the last one does.
std::vector<float> from_fortran_order(const Shape& shape, const std::vector<float>& numbers) {
  std::vector<float> out(numbers.size());
  std::vector<std::int64_t> index(shape.size(), 0);
  for (const float number : numbers) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) at = at * shape[i] + index[i];
    out[static_cast<std::size_t>(at)] = number;
    for (std::size_t i = 0; i < shape.size() && ++index[i] == shape[i]; ++i) index[i] = 0;
  }
  return out;
}

const ElementReader* npy_reader(std::string_view type) {
  static const std::map<std::string, ElementReader, std::less<>> readers{
      {"<f2", {2, read_half}},            {"<f4", reader_of<float>()},         {"<f8", reader_of<double>()},        {"|i1", reader_of<std::int8_t>()},  {"|u1", reader_of<std::uint8_t>()},
      {"<i2", reader_of<std::int16_t>()}, {"<u2", reader_of<std::uint16_t>()}, {"<i4", reader_of<std::int32_t>()}, {"<u4", reader_of<std::uint32_t>()}, {"<i8", reader_of<std::int64_t>()},
      {"|b1", reader_of<std::uint8_t>()}};
  if (type.size() < 5 || type[0] != '\'' || type[4] != '\'') return nullptr;
  const auto found = readers.find(type.substr(1, 3));
  return found == readers.end() ? nullptr : &found->second;
}

}  // namespace

Array parse_npy(std::string_view bytes, const std::string& name) {
  constexpr std::size_t kFixedBytes = 10;
  if (bytes.size() < kFixedBytes || !bytes.starts_with("\x93NUMPY")) fail_data("{}: truncated or no NPY file", name);
  const std::size_t start = bytes[6] == 1 ? 10 : 12;  // the length takes 2 bytes, or 4
  if (bytes.size() < start) fail_data("{}: truncated", name);
  std::size_t length = 0;
  for (std::size_t i = start; i-- > 8;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  if (length > bytes.size() - start) fail_data("{}: truncated", name);
  const std::string_view header = bytes.substr(start, length), data = bytes.substr(start + length);
  const std::string_view type = field(header, "descr", name);
  const ElementReader* reader = npy_reader(type);
  if (reader == nullptr) fail_data("{}: numbers of type {}: little-endian floats, integers and bools can be read", name, printable(type.substr(0, type.find(','))));
  Array array{parse_shape(field(header, "shape", name), name), {}};
  const std::int64_t count = checked_count(array.shape, name);
  if (static_cast<std::size_t>(count) * reader->size_bytes != data.size()) {
    fail_data("{}: its shape of {} takes {} bytes, but {} follow", name, to_string(array.shape), static_cast<std::size_t>(count) * reader->size_bytes, data.size());
  }
  array.numbers = read_numbers(data, *reader);
  if (field(header, "fortran_order", name).starts_with("True")) array.numbers = from_fortran_order(array.shape, array.numbers);
  return array;
}

std::vector<std::pair<std::string, Array>> parse_npz(std::string_view bytes, const std::string& name) {
  std::vector<std::pair<std::string, Array>> arrays;
  for (const auto& [member, contents] : unzip(bytes, name)) {
    const std::string title = member.ends_with(".npy") ? member.substr(0, member.size() - 4) : member;
    arrays.emplace_back(title, parse_npy(contents, name + ": " + title));
  }
  return arrays;
}

Array parse_raw(std::string_view bytes, const std::string& name, const Shape& shape, const std::string& type) {
  static const ElementReader readers[] = {reader_of<float>(), reader_of<double>(), reader_of<std::int8_t>(), reader_of<std::uint8_t>(), reader_of<std::int16_t>(), reader_of<std::int32_t>()};
  const auto known = std::ranges::find(kRawTypes, type);
  if (known == std::end(kRawTypes)) fail_usage("--bin_type {}: unknown (there are {})", type, fmt::join(kRawTypes, ", "));
  const ElementReader& reader = readers[known - std::begin(kRawTypes)];
  const std::size_t example_bytes = static_cast<std::size_t>(checked_count(shape, name)) * reader.size_bytes;
  if (example_bytes == 0 || bytes.empty() || bytes.size() % example_bytes != 0) {
    fail_data("{}: {} bytes are no whole number of examples of {} {} numbers (--bin_shape, --bin_type)", name, bytes.size(), to_string(shape), type);
  }
  Array array{{static_cast<std::int64_t>(bytes.size() / example_bytes)}, read_numbers(bytes, reader)};
  array.shape.insert(array.shape.end(), shape.begin(), shape.end());
  return array;
}

}  // namespace qmn
