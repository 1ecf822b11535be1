// SPDX-License-Identifier: Apache-2.0
// emit/c_text.h   C as text: a writer of lines, identifiers that are unique in a file, comments and strings that cannot break out.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace qmn {

class CWriter {
 public:
  /// A line at the current indentation; an empty one stays empty.
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    write_line(fmt::format(format, std::forward<Args>(args)...));
  }
  void line() { text_ += '\n'; }
  /// A line after which the text is indented, until close() writes its counterpart.
  template <class... Args>
  void open(fmt::format_string<Args...> format, Args&&... args) {
    write_line(fmt::format(format, std::forward<Args>(args)...));
    indentation_ += 2;
  }
  void close(std::string_view text = "}");
  /// `text` as it stands: several lines, not indented.
  void block(std::string_view text) { text_ += text; }

  /// Comma-separated numbers in rows, aligned. Every `group_count` values a new row starts, under a comment "<group_name> <index>"
  /// when there is more than one group.
  template <class Number>
  void numbers(std::span<const Number> values, std::size_t group_count, std::string_view group_name) {
    for (std::size_t first = 0; first < values.size(); first += group_count) {
      if (group_count < values.size()) line("/* {} {} */", group_name, first / group_count);
      const std::size_t group_end = std::min(first + group_count, values.size());
      for (std::size_t row = first; row < group_end; row += kPerRow<Number>) {
        std::string text;
        for (std::size_t i = row; i < std::min(row + kPerRow<Number>, group_end); ++i) {
          text += fmt::format("{}{:{}},", i == row ? "" : " ", values[i], kWidth<Number>);
        }
        line("{}", text);
      }
    }
  }

  std::string take() { return std::move(text_); }

 private:
  template <class Number>
  static constexpr std::size_t kPerRow = sizeof(Number) == 1 ? 20 : sizeof(Number) == 2 ? 16 : 10;
  template <class Number>
  static constexpr int kWidth = sizeof(Number) == 1 ? 4 : sizeof(Number) == 2 ? 5 : 10;

  void write_line(std::string_view text);
  std::string text_;
  std::size_t indentation_ = 0;
};

std::string upper_case(std::string_view name);

/// Hands out identifiers of one translation unit: none twice, no name of C or <stdint.h>, none that begins with a reserved prefix.
class CNames {
 public:
  explicit CNames(std::set<std::string> reserved_prefixes) : reserved_prefixes_(std::move(reserved_prefixes)) {}
  std::string unique(std::string_view wish);

 private:
  std::set<std::string> reserved_prefixes_;
  std::set<std::string> taken_;
};

/// For the inside of a comment: one line, no end of comment.
std::string comment_text(std::string_view text);
/// `text` with every @KEY@ replaced by its value. A key without a value is a broken invariant.
std::string fill_template(std::string_view text, const std::map<std::string, std::string>& values);
/// An integer as a macro's value: negative ones in parentheses.
std::string macro_value(std::int64_t value);
/// A C string literal, quotes included; bytes outside printable ASCII as octal escapes.
std::string string_literal(std::string_view text);

}  // namespace qmn
