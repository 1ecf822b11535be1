// SPDX-License-Identifier: Apache-2.0
// report/table.h   Plain-text tables for the terminal: a header, rows, numbers to the right, text to the left, at most 100 columns wide; or row by row.
#pragma once

#include "quantize/metrics.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

class Table {
 public:
  static constexpr std::size_t kMaxWidth = 100;

  explicit Table(std::vector<std::string> header);
  /// Missing cells are empty; more cells than the header has are a broken invariant.
  void add_row(std::vector<std::string> cells);
  std::size_t row_count() const { return rows_.size(); }
  /// Header, rule, rows, each ended by a newline. A column whose cells are all numbers ("12", "-0.5", "94.3 %", "Q5.2" is none) is
  /// aligned to the right. Where a table would be wider than kMaxWidth, its widest text columns are wrapped within their cells.
  std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// A table whose rows are printed as they come. Columns stand to the left and as wide as their header and the widest cell that is to be
/// expected (`widths`, in letters; missing ones are 0); a wider cell pushes the rest of its row to the right.
class StreamedTable {
 public:
  StreamedTable(std::vector<std::string> header, std::vector<std::size_t> widths);
  std::string header_text() const;  ///< and its rule
  std::string row_text(const std::vector<std::string>& cells) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::size_t> widths_;
};

/// Letters as a terminal shows them.
std::size_t text_width(std::string_view text);

/// Rows are the truth, columns the prediction, both in the order of the labels; then the clips of the row and the share that was
/// recognized. Column names are cut where many labels would not fit.
std::string confusion_text(const ConfusionMatrix& matrix);

}  // namespace qmn
