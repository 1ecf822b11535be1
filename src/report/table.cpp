// SPDX-License-Identifier: Apache-2.0
#include "report/table.h"

#include "base/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string_view>

namespace qmn {
namespace {

constexpr std::size_t kGap = 2;            // spaces between columns
constexpr std::size_t kNarrowestText = 8;  // a wrapped column keeps at least that width

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u; }

/// Bytes of the first `count` code points.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_continuation(text[at]) && count-- == 0) break;
    ++at;
  }
  return at;
}

bool looks_like_a_number(std::string_view cell) {
  if (cell == "-") return true;
  bool has_digit = false;
  for (char sign : cell) {
    const bool is_digit = std::isdigit(static_cast<unsigned char>(sign)) != 0;
    has_digit |= is_digit;
    if (!is_digit && std::string_view("+-.,% e").find(sign) == std::string_view::npos) return false;
  }
  return has_digit && (std::isdigit(static_cast<unsigned char>(cell.front())) != 0 || cell.front() == '-' || cell.front() == '+');
}

/// Breaks at spaces, and inside a word that is wider than a line.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (text_width(text) > width) {
    const std::size_t limit = bytes_of(text, width);
    const std::size_t space = text[limit] == ' ' ? limit : text.substr(0, limit).rfind(' ');
    const bool has_space = space != std::string_view::npos && space > 0;
    lines.emplace_back(text.substr(0, has_space ? space : limit));
    text.remove_prefix(has_space ? space + 1 : limit);
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace

// Code points: what a terminal shows for the letters and signs that we print.
std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

Table::Table(std::vector<std::string> header) : header_(std::move(header)) { QMN_CHECK(!header_.empty(), "a table has columns"); }

void Table::add_row(std::vector<std::string> cells) {
  QMN_CHECK(cells.size() <= header_.size(), "a row has no more cells than the header");
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  const std::size_t columns = header_.size();
  std::vector<std::size_t> widths(columns);
  std::vector<bool> is_number(columns, true);
  for (std::size_t column = 0; column < columns; ++column) {
    widths[column] = text_width(header_[column]);
    bool has_cell = false;
    for (const auto& row : rows_) {
      widths[column] = std::max(widths[column], text_width(row[column]));
      if (row[column].empty()) continue;
      has_cell = true;
      if (!looks_like_a_number(row[column])) is_number[column] = false;
    }
    if (!has_cell) is_number[column] = false;
  }
  auto total = [&] { return std::accumulate(widths.begin(), widths.end(), kGap * (columns - 1)); };
  while (total() > kMaxWidth) {
    std::size_t widest = columns;
    for (std::size_t column = 0; column < columns; ++column) {
      if (!is_number[column] && widths[column] > kNarrowestText && (widest == columns || widths[column] > widths[widest])) widest = column;
    }
    if (widest == columns) break;  // numbers alone fill the line
    --widths[widest];
  }

  std::string text;
  auto print_row = [&](const std::vector<std::string>& cells) {
    std::vector<std::vector<std::string>> lines(columns);
    std::size_t height = 1;
    for (std::size_t column = 0; column < columns; ++column) {
      lines[column] = wrap(cells[column], widths[column]);
      height = std::max(height, lines[column].size());
    }
    for (std::size_t at = 0; at < height; ++at) {
      std::string line;
      for (std::size_t column = 0; column < columns; ++column) {
        const std::string cell = at < lines[column].size() ? lines[column][at] : std::string();
        const std::size_t padding = widths[column] - text_width(cell);
        if (column > 0) line.append(kGap, ' ');
        if (is_number[column]) line.append(padding, ' ');
        line += cell;
        if (!is_number[column]) line.append(padding, ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
      (text += line) += '\n';
    }
  };
  print_row(header_);
  text.append(total(), '-');
  text += '\n';
  for (const auto& row : rows_) print_row(row);
  return text;
}

StreamedTable::StreamedTable(std::vector<std::string> header, std::vector<std::size_t> widths) : header_(std::move(header)), widths_(std::move(widths)) {
  widths_.resize(header_.size());
  for (std::size_t column = 0; column < header_.size(); ++column) widths_[column] = std::max(widths_[column], text_width(header_[column]));
}

std::string StreamedTable::header_text() const {
  const std::size_t width = std::accumulate(widths_.begin(), widths_.end(), kGap * (widths_.size() - 1));
  return row_text(header_) + std::string(std::min(width, Table::kMaxWidth), '-') + '\n';
}

std::string StreamedTable::row_text(const std::vector<std::string>& cells) const {
  QMN_CHECK(cells.size() == header_.size(), "a row has a cell for each column");
  std::string line;
  std::size_t start = 0;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    if (column > 0) line.append(std::max(kGap, start - std::min(start, text_width(line))), ' ');
    line += cells[column];
    start += widths_[column] + kGap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string confusion_text(const ConfusionMatrix& matrix) {
  const std::size_t count = matrix.labels.size();
  QMN_CHECK(matrix.counts.size() == count * count, "a confusion matrix has a row and a column for each label");
  std::size_t first_column = 5;  // "truth"
  for (const std::string& label : matrix.labels) first_column = std::max(first_column, text_width(label));
  const std::size_t outer = first_column + (kGap + 5) + (kGap + 7);  // label, clips, recall
  const std::size_t left = outer < Table::kMaxWidth ? Table::kMaxWidth - outer : 0;
  const std::size_t widest_name = std::max<std::size_t>(4, count > 0 && left / count > kGap ? left / count - kGap : 0);

  std::vector<std::string> header{"truth"};
  for (const std::string& label : matrix.labels) header.push_back(label.substr(0, bytes_of(label, widest_name)));
  header.insert(header.end(), {"clips", "recall"});
  Table table(header);
  for (std::size_t truth = 0; truth < count; ++truth) {
    std::vector<std::string> cells{matrix.labels[truth]};
    std::int64_t clips = 0;
    for (std::size_t predicted = 0; predicted < count; ++predicted) {
      const std::int64_t hits = matrix.counts[truth * count + predicted];
      clips += hits;
      cells.push_back(hits == 0 ? "-" : std::to_string(hits));
    }
    cells.push_back(std::to_string(clips));
    cells.push_back(clips == 0 ? "-"
                               : fmt::format("{:.1f} %", 100.0 * static_cast<double>(matrix.counts[truth * count + truth]) /
                                                             static_cast<double>(clips)));
    table.add_row(std::move(cells));
  }
  return table.text();
}

}  // namespace qmn
