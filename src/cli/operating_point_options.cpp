// SPDX-License-Identifier: Apache-2.0
#include "cli/operating_point_options.h"

#include "base/error.h"
#include "cli/common.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace qmn::cli {
namespace {

constexpr double kMostMilliseconds = 60'000, kUsualIntervalMs = 100, kUsualRestMs = 1000, kUsualThreshold = 0.7;
constexpr int kUsualSmoothing = 3;
constexpr double kOne = 128;  // of a score, Q0.7

bool is_word(const std::string& label) { return !label.starts_with('_'); }

int frames_of(double ms, const FrontEndSettings& front_end) { return static_cast<int>(std::lround(ms / milliseconds_per_frame(front_end))); }

std::uint8_t raw_threshold(double threshold) {
  if (!(threshold > 0 && threshold < 1)) fail_usage("--threshold {}: must lie between 0 and 1", threshold);
  return static_cast<std::uint8_t>(std::clamp(std::lround(threshold * kOne), 1L, static_cast<long>(OperatingPoint::kMostThreshold)));
}

double parse_threshold(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) fail_usage("--threshold {}: is no number; write 0.7, or yes=0.8,no=0.6", text);
  return value;
}

void set_all(OperatingPoint& point, const std::vector<std::string>& labels, std::uint8_t raw) {
  for (std::size_t i = 0; i < labels.size(); ++i) point.thresholds[i] = is_word(labels[i]) ? raw : std::uint8_t{0};
}

/// "0.7" for all words, or "yes=0.8,no=0.6" for some.
void apply_thresholds(const std::string& text, const std::vector<std::string>& labels, OperatingPoint& point) {
  if (text.find('=') == std::string::npos) return set_all(point, labels, raw_threshold(parse_threshold(text)));
  for (const std::string& item : split_list(text, "--threshold")) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos) fail_usage("--threshold {}: names no word; write 0.7, or yes=0.8,no=0.6", item);
    const auto label = std::ranges::find(labels, item.substr(0, equals));
    if (label == labels.end()) fail_usage("--threshold {}: the model knows no such word (it knows {})", item, fmt::join(labels, ", "));
    point.thresholds[static_cast<std::size_t>(label - labels.begin())] = raw_threshold(parse_threshold(item.substr(equals + 1)));
  }
}

OperatingPoint usual_point(const Program& program) {
  const FrontEndSettings& front_end = program.metadata.front_end;
  OperatingPoint point{.interval_frames = std::max(1, frames_of(kUsualIntervalMs, front_end)), .smoothing_count = kUsualSmoothing, .rest_frames = frames_of(kUsualRestMs, front_end), .thresholds = {}};
  point.thresholds.resize(static_cast<std::size_t>(program.tensor(program.logits).value_count()));
  set_all(point, program.metadata.labels, raw_threshold(kUsualThreshold));
  return point;
}

}  // namespace

double milliseconds_per_frame(const FrontEndSettings& front_end) { return 1000.0 * front_end.hop_samples / front_end.sample_rate_hz; }

void OperatingPointOptions::add(CLI::App& command) {
  constexpr const char* kGroup = "When a word is heard (default: as qmn tune stored it in the model, else the values named here)";
  command.add_option("--interval_ms,--interval-ms,--interval", interval_ms, fmt::format("How often the network runs ({:g})", kUsualIntervalMs))->group(kGroup);
  command.add_option("--smoothing", smoothing, fmt::format("How many scores are averaged ({})", kUsualSmoothing))->group(kGroup);
  command.add_option("--threshold", thresholds, fmt::format("The mean score from which a word counts as heard ({:g}); or for single words: yes=0.8,no=0.6", kUsualThreshold))->type_name("NUMBER|LIST")->group(kGroup);
  command.add_option("--rest_ms,--rest-ms,--rest", rest_ms, fmt::format("How long nothing is heard behind a word ({:g})", kUsualRestMs))->group(kGroup);
}

OperatingPoint OperatingPointOptions::resolve(const Program& program, const std::optional<OperatingPoint>& defaults) const {
  const FrontEndSettings& front_end = program.metadata.front_end;
  const std::optional<OperatingPoint>& stored = defaults ? defaults : program.metadata.operating_point;
  OperatingPoint point = stored ? *stored : usual_point(program);
  point.thresholds.resize(static_cast<std::size_t>(program.tensor(program.logits).value_count()));
  if (interval_ms) {
    if (!(*interval_ms > 0 && *interval_ms <= kMostMilliseconds)) fail_usage("--interval_ms {}: must be above 0 and at most {}", *interval_ms, kMostMilliseconds);
    point.interval_frames = std::max(1, frames_of(*interval_ms, front_end));
  }
  if (rest_ms) {
    if (!(*rest_ms >= 0 && *rest_ms <= kMostMilliseconds)) fail_usage("--rest_ms {}: must be between 0 and {}", *rest_ms, kMostMilliseconds);
    point.rest_frames = frames_of(*rest_ms, front_end);
  }
  if (smoothing) {
    if (*smoothing < 1 || *smoothing > OperatingPoint::kMostSmoothing) fail_usage("--smoothing {}: must be between 1 and {}", *smoothing, OperatingPoint::kMostSmoothing);
    point.smoothing_count = *smoothing;
  }
  if (!thresholds.empty()) apply_thresholds(thresholds, program.metadata.labels, point);
  return point;
}

std::string operating_point_text(const OperatingPoint& point, const Program& program) {
  const double frame_ms = milliseconds_per_frame(program.metadata.front_end);
  std::vector<std::string> words;
  std::uint8_t lowest = 255, highest = 0;
  for (std::size_t i = 0; i < point.thresholds.size() && i < program.metadata.labels.size(); ++i) {
    if (point.thresholds[i] == 0) continue;
    words.push_back(fmt::format("{} {:.2f}", program.metadata.labels[i], point.thresholds[i] / kOne));
    lowest = std::min(lowest, point.thresholds[i]);
    highest = std::max(highest, point.thresholds[i]);
  }
  const std::string thresholds = words.empty() ? "no word" : lowest == highest ? fmt::format("threshold {:.2f}", lowest / kOne) : fmt::format("{}", fmt::join(words, ", "));
  return fmt::format("every {:g} ms, mean of {}, rest {:g} ms; {}", point.interval_frames * frame_ms, point.smoothing_count, point.rest_frames * frame_ms, thresholds);
}

nlohmann::json operating_point_json(const OperatingPoint& point, const Program& program) {
  const double frame_ms = milliseconds_per_frame(program.metadata.front_end);
  nlohmann::json thresholds = nlohmann::json::object();
  for (std::size_t i = 0; i < point.thresholds.size() && i < program.metadata.labels.size(); ++i) {
    if (point.thresholds[i] != 0) thresholds[program.metadata.labels[i]] = point.thresholds[i] / kOne;
  }
  return {{"interval_ms", point.interval_frames * frame_ms}, {"smoothing", point.smoothing_count}, {"rest_ms", point.rest_frames * frame_ms}, {"thresholds", thresholds}};
}

}  // namespace qmn::cli
