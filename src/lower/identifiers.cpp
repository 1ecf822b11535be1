// SPDX-License-Identifier: Apache-2.0
#include "lower/identifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace qmn {
namespace {

// C11 and, as the headers are read by C++ too, C++20.
constexpr auto kKeywords = std::to_array<std::string_view>(
    {"alignas",   "alignof",  "and",      "and_eq",   "asm",          "auto",       "bitand",       "bitor",         "bool",
     "break",     "case",     "catch",    "char",     "char16_t",     "char32_t",   "char8_t",      "class",         "co_await",
     "co_return", "co_yield", "compl",    "concept",  "const",        "const_cast", "consteval",    "constexpr",     "constinit",
     "continue",  "decltype", "default",  "delete",   "do",           "double",     "dynamic_cast", "else",          "enum",
     "explicit",  "export",   "extern",   "false",    "float",        "for",        "friend",       "goto",          "if",
     "inline",    "int",      "long",     "mutable",  "namespace",    "new",        "noexcept",     "not",           "not_eq",
     "nullptr",   "operator", "or",       "or_eq",    "private",      "protected",  "public",       "register",      "reinterpret_cast",
     "requires",  "restrict", "return",   "short",    "signed",       "sizeof",     "static",       "static_assert", "static_cast",
     "struct",    "switch",   "template", "this",     "thread_local", "throw",      "true",         "try",           "typedef",
     "typeid",    "typename", "union",    "unsigned", "using",        "virtual",    "void",         "volatile",      "wchar_t",
     "while",     "xor",      "xor_eq"});

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string capitals(std::string name) {
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

}  // namespace

std::string c_identifier(std::string_view name, std::string_view fallback) {
  std::string identifier;
  for (char c : name) {
    if (is_letter(c) || (is_digit(c) && !identifier.empty())) {
      identifier += c;
    } else if (is_digit(c)) {
      identifier += fmt::format("n{}", c);
    } else if (!identifier.empty() && identifier.back() != '_') {
      identifier += '_';
    }
  }
  while (!identifier.empty() && identifier.back() == '_') identifier.pop_back();
  if (identifier.empty()) identifier = fallback;
  if (std::find(kKeywords.begin(), kKeywords.end(), identifier) != kKeywords.end()) identifier += "_value";
  return identifier;
}

std::string Identifiers::take(std::string_view name, std::string_view fallback) {
  const std::string identifier = c_identifier(name, fallback);
  std::string unique = identifier;
  for (int i = 2; !taken_.insert(capitals(unique)).second; ++i) unique = fmt::format("{}_{}", identifier, i);
  return unique;
}

}  // namespace qmn
