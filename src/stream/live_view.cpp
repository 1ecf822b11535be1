// SPDX-License-Identifier: Apache-2.0
#include "stream/live_view.h"

#include "base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr double kSilenceDb = -96, kQuietestDb = -60;
constexpr std::size_t kWidestBar = 40, kWidestName = 16;
constexpr auto kPause = std::chrono::milliseconds(50);

/// Columns that a UTF-8 text takes, letters outside of ASCII counted as one.
std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t columns) { return text + std::string(columns - std::min(columns, columns_of(text)), ' '); }

std::string cut(const std::string& text, std::size_t columns) {
  std::string out;
  std::size_t count = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 && count++ == columns) break;
    out += c;
  }
  return out;
}

/// `share` of `columns` filled in eighths; a mark stands in the empty part at `mark` (< 0: none).
std::string bar(double share, double mark, std::size_t columns) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 8 * static_cast<double>(columns)));
  const std::size_t full = eighths / 8, part = eighths % 8;
  const auto at = mark < 0 ? columns : std::min(columns - 1, static_cast<std::size_t>(mark * static_cast<double>(columns)));
  std::string text;
  for (std::size_t i = 0; i < columns; ++i) {
    if (i < full) text += "█";
    else if (i == full && part > 0) text += kEighths[part];
    else text += i == at ? "┆" : "·";
  }
  return text;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(seconds);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

double level_db(const std::vector<std::int16_t>& samples) {
  double energy = 0;
  for (const std::int16_t sample : samples) energy += static_cast<double>(sample) * sample;
  if (energy == 0) return kSilenceDb;
  return std::max(kSilenceDb, 10 * std::log10(energy / static_cast<double>(samples.size()) / (32768.0 * 32768.0)));
}

std::vector<std::string> live_lines(const LiveFrame& frame, std::size_t columns, std::size_t rows, bool has_color) {
  std::size_t name_width = 5;
  for (const WordBar& word : frame.bars) name_width = std::max(name_width, std::min({columns_of(word.word), kWidestName, columns / 4}));
  const std::size_t taken = name_width + 1 + 10;  // a blank, and " 0.97 ◀" or " -23 dB" behind the bar
  const std::size_t width = std::clamp<std::size_t>(columns > taken ? columns - taken : 0, 1, kWidestBar);
  std::vector<std::string> lines;
  lines.push_back(cut(fmt::format("{} {}  Ctrl-C ends", frame.source, clock_text(frame.seconds)), columns));
  lines.push_back(fmt::format("{} {} {:.0f} dB", padded("level", name_width), bar(1 - frame.level_db / kQuietestDb, -1, width), frame.level_db));
  for (const WordBar& word : frame.bars) {
    if (lines.size() >= rows) break;
    const bool is_heard = word.threshold > 0 && word.score >= word.threshold;
    const std::string text = bar(word.score, word.threshold > 0 ? word.threshold : -1, width);
    lines.push_back(fmt::format("{} {}{}{} {:.2f}{}", padded(cut(word.word, name_width), name_width), has_color && is_heard ? "\033[32m" : "", text, has_color && is_heard ? "\033[0m" : "",
                                std::max(0.0, word.score), word.is_resting ? " ◀" : ""));
  }
  return lines;
}

LiveView::LiveView(std::FILE* terminal) : terminal_(terminal) { std::fputs("\033[?25l", terminal_); }

LiveView::~LiveView() {
  std::fputs("\033[?25h", terminal_);
  std::fflush(terminal_);
}

bool LiveView::is_due() const { return std::chrono::steady_clock::now() - last_ >= kPause; }

void LiveView::erase() {
  if (drawn_lines_ > 0) std::fprintf(terminal_, "\033[%zuA\r\033[J", drawn_lines_);
  drawn_lines_ = 0;
}

void LiveView::draw(const LiveFrame& frame) {
  winsize size{};
  const bool is_known = ::ioctl(::fileno(terminal_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  const std::size_t columns = is_known ? size.ws_col : 80, rows = is_known ? size.ws_row : 24;
  last_ = std::chrono::steady_clock::now();
  erase();
  last_lines_ = live_lines(frame, columns, rows - 1, may_color(::fileno(terminal_)));
  for (const std::string& line : last_lines_) std::fprintf(terminal_, "%s\n", line.c_str());
  drawn_lines_ = last_lines_.size();
  std::fflush(terminal_);
}

void LiveView::print(const std::string& line) {
  erase();
  std::fprintf(terminal_, "%s\n", line.c_str());
  for (const std::string& kept : last_lines_) std::fprintf(terminal_, "%s\n", kept.c_str());
  drawn_lines_ = last_lines_.size();
  std::fflush(terminal_);
}

}  // namespace qmn
