// SPDX-License-Identifier: Apache-2.0
#include "stream/truth.h"

#include "base/error.h"
#include "data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace qmn {
namespace {

double parse_seconds(std::string_view text, const std::string& where) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0) fail_data("{}: '{}' is no time in seconds", where, text);
  return value;
}

}  // namespace

std::vector<SpokenWord> parse_truth(std::string_view text, const std::string& name) {
  std::vector<SpokenWord> words;
  bool is_first = true;
  for (const CsvRow& row : parse_csv(text, name)) {
    const bool is_head = is_first && row.fields == std::vector<std::string>{"word", "start", "end"};
    is_first = false;
    if (is_head) continue;
    const std::string where = fmt::format("{}:{}", name, row.line);
    if (row.fields.size() != 3) fail_data("{}: {} fields; a line is word,start,end with times in seconds", where, row.fields.size());
    if (row.fields[0].empty()) fail_data("{}: the word is empty", where);
    SpokenWord word{.word = row.fields[0], .start = parse_seconds(row.fields[1], where), .end = parse_seconds(row.fields[2], where)};
    if (word.end < word.start) fail_data("{}: {} ends at {} s, before it starts at {} s", where, word.word, word.end, word.start);
    words.push_back(std::move(word));
  }
  if (words.empty()) fail_data("{}: holds no word; a line is word,start,end with times in seconds", name);
  std::ranges::stable_sort(words, {}, &SpokenWord::start);
  return words;
}

std::string truth_text(const std::vector<SpokenWord>& words) {
  std::string text = "word,start,end\n";
  for (const SpokenWord& word : words) text += fmt::format("{},{:.3f},{:.3f}\n", word.word, word.start, word.end);
  return text;
}

}  // namespace qmn
