// SPDX-License-Identifier: Apache-2.0
// data/csv.h   Comma-separated text (RFC 4180): fields may stand in double quotes, which a doubled quote escapes; lines end in LF or CRLF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

struct CsvRow {
  std::size_t line = 0;  ///< where it stands, from 1
  std::vector<std::string> fields;
};

/// Empty lines are left out. Error (data) naming `name` and the line: a quote that does not end, text behind one that does.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name);

}  // namespace qmn
