// SPDX-License-Identifier: Apache-2.0
// stream/live_view.h   What a terminal shows while qmn listens: time and level, a bar for each word with its threshold, redrawn in place;
// detections scroll above.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace qmn {

struct WordBar {
  std::string word;
  double score = 0;      ///< smoothed, [0, 1)
  double threshold = 0;  ///< 0: never heard
  bool is_resting = false;  ///< it was heard just now
};

struct LiveFrame {
  std::string source;
  double seconds = 0;
  double level_db = -96;  ///< RMS of the last samples against full scale
  std::vector<WordBar> bars;
};

/// RMS in dB against full scale; -96 for silence.
double level_db(const std::vector<std::int16_t>& samples);

/// The lines of a frame, each at most `columns` (20 or more) wide, as many as `rows` hold. With `has_color` a bar at or above its threshold is green.
std::vector<std::string> live_lines(const LiveFrame& frame, std::size_t columns, std::size_t rows, bool has_color);

/// Draws on a terminal and leaves it as it was.
class LiveView {
 public:
  explicit LiveView(std::FILE* terminal);
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;
  bool is_due() const;  ///< the last drawing is long enough ago
  void draw(const LiveFrame& frame);
  /// A line above the bars.
  void print(const std::string& line);

 private:
  void erase();
  std::FILE* terminal_;
  std::size_t drawn_lines_ = 0;
  std::vector<std::string> last_lines_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace qmn
