// SPDX-License-Identifier: Apache-2.0
#include "emit/c_text.h"

#include "base/check.h"
#include "lower/identifiers.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace qmn {
namespace {

/// The names that <stdint.h> and the emitted file itself use.
constexpr std::array kReservedNames{"int8_t",  "int16_t",  "int32_t",  "int64_t",  "uint8_t",   "uint16_t", "uint32_t", "uint64_t",
                                    "arena",   "main",     "TRACE",    "INT32_MAX", "INT64_C"};

bool is_printable(unsigned char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

void CWriter::write_line(std::string_view text) {
  if (!text.empty()) {
    text_.append(indentation_, ' ');
    text_ += text;
  }
  text_ += '\n';
}

void CWriter::close(std::string_view text) {
  QMN_CHECK(indentation_ >= 2, "CWriter::close without open");
  indentation_ -= 2;
  write_line(text);
}

std::string upper_case(std::string_view name) {
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string CNames::unique(std::string_view wish) {
  std::string base = c_identifier(wish, "unnamed");
  const auto is_reserved = [&](const std::string& prefix) { return base.starts_with(prefix); };
  if (std::find(kReservedNames.begin(), kReservedNames.end(), base) != kReservedNames.end() ||
      std::any_of(reserved_prefixes_.begin(), reserved_prefixes_.end(), is_reserved)) {
    base = fmt::format("n_{}", base);
  }
  std::string name = base;
  for (int next = 2; !taken_.insert(name).second; ++next) name = fmt::format("{}_{}", base, next);
  return name;
}

std::string comment_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const char safe = is_printable(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80 ? c : ' ';
    const bool makes_bracket = !result.empty() && ((result.back() == '*' && safe == '/') || (result.back() == '/' && safe == '*'));
    if (makes_bracket) result += ' ';
    result += safe;
  }
  return result;
}

std::string fill_template(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string result;
  std::size_t at = 0;
  for (std::size_t mark; (mark = text.find('@', at)) != std::string_view::npos;) {
    const std::size_t end = text.find('@', mark + 1);
    QMN_CHECK(end != std::string_view::npos, "template marks come in pairs");
    const auto value = values.find(std::string(text.substr(mark + 1, end - mark - 1)));
    QMN_CHECK(value != values.end(), "every template key has a value");
    result += text.substr(at, mark - at);
    result += value->second;
    at = end + 1;
  }
  return result += text.substr(at);
}

std::string macro_value(std::int64_t value) { return value < 0 ? fmt::format("({})", value) : std::to_string(value); }

std::string string_literal(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '?') result += fmt::format("\\{}", c);
    else if (is_printable(static_cast<unsigned char>(c))) result += c;
    else result += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return result + '"';
}

}  // namespace qmn
