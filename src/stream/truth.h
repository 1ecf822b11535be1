// SPDX-License-Identifier: Apache-2.0
// stream/truth.h   What was said in a recording, and when: word,start,end a line, in seconds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qmn {

struct SpokenWord {
  std::string word;
  double start = 0, end = 0;  ///< seconds from the start of the recording
  friend bool operator==(const SpokenWord&, const SpokenWord&) = default;
};

/// By start. A first line of word,start,end may head the columns. Error (data) naming `name` and the line: not three fields, a time that is no
/// number, below 0 or before the start, no word at all.
std::vector<SpokenWord> parse_truth(std::string_view text, const std::string& name);
std::string truth_text(const std::vector<SpokenWord>& words);

}  // namespace qmn
