// SPDX-License-Identifier: Apache-2.0
#include "data/csv.h"

#include "base/error.h"

#include <algorithm>

namespace qmn {
namespace {

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row{line_, {}};
      do row.fields.push_back(field());
      while (take(','));
      take('\r');
      if (at_ < text_.size() && !take('\n')) fail_data("{}: line {}: text behind a closing quote, or a carriage return within the line", name_, line_);
      ++line_;
      if (row.fields.size() > 1 || !row.fields[0].empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string field() {
    if (take('"')) return quoted();
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    const std::string_view plain = text_.substr(at_, end - at_);
    at_ = end;
    return std::string(plain);
  }

  std::string quoted() {
    std::string out;
    const std::size_t first_line = line_;
    while (at_ < text_.size()) {
      if (take('"')) {
        if (!take('"')) return out;
        out += '"';
        continue;
      }
      line_ += text_[at_] == '\n' ? 1 : 0;
      out += text_[at_++];
    }
    fail_data("{}: line {}: a quote that does not end", name_, first_line);
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0, line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name) { return CsvReader(text, name).rows(); }

}  // namespace qmn
