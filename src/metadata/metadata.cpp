// SPDX-License-Identifier: Apache-2.0
// metadata/metadata.cpp   Metadata as JSON: a missing field keeps its default, a field of a wrong type is an error, an unknown field is
// ignored.
#include "metadata/metadata.h"

#include "base/check.h"
#include "base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace qmn {
namespace {

using nlohmann::json;

constexpr int kMaxSampleRateHz = 192000;
constexpr int kMaxClipSeconds = 60;
constexpr int kMaxWindowSamples = 1 << 15;
constexpr int kMaxMelBands = 256;
constexpr int kMaxCoefficientShift = 16;
constexpr std::size_t kMaxListLength = 1000;
constexpr OutputKind kOutputKinds[] = {OutputKind::unknown, OutputKind::classes, OutputKind::values};

/// Reads the fields of one JSON object and names the broken one, as file: field.
class Reader {
 public:
  Reader(const json& object, const std::string& file_name, std::string path)
      : object_(object), file_name_(file_name), path_(std::move(path)) {
    if (!object.is_object()) fail_data("{}: metadata: {} is not an object", file_name_, path_.empty() ? "the text" : path_);
  }

  const json* find(const char* field) const {
    const auto found = object_.find(field);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  void read(const char* field, int& out) const {
    if (const json* found = find(field)) out = integer(*found, field);
  }
  void read(const char* field, double& out) const {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_number()) wrong(field, "a number");
    out = found->get<double>();
  }
  void read(const char* field, bool& out) const {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_boolean()) wrong(field, "true or false");
    out = found->get<bool>();
  }
  void read(const char* field, std::vector<double>& out) const {
    const json* found = find(field);
    if (found == nullptr) return;
    out.clear();
    for (const json& item : list(*found, field, "numbers")) {
      if (!item.is_number()) wrong(field, "made of numbers");
      out.push_back(item.get<double>());
    }
  }
  void read(const char* field, std::string& out) const {
    if (const json* found = find(field)) out = text(*found, field);
  }
  void read(const char* field, std::vector<int>& out) const {
    if (const json* found = find(field)) {
      out.clear();
      for (const json& item : list(*found, field, "integers")) out.push_back(integer(item, field));
    }
  }
  void read(const char* field, std::vector<std::string>& out) const {
    if (const json* found = find(field)) {
      out.clear();
      for (const json& item : list(*found, field, "texts")) out.push_back(text(item, field));
    }
  }
  void read(const char* field, std::map<std::string, std::string>& out) const {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_object()) wrong(field, "an object of texts");
    out.clear();
    for (const auto& [key, value] : found->items()) out[key] = text(value, field);
  }

  [[noreturn]] void wrong(const char* field, const char* expected) const {
    fail_data("{}: metadata: {}{} is not {}", file_name_, path_, field, expected);
  }

 private:
  int integer(const json& item, const char* field) const {
    if (!item.is_number_integer()) wrong(field, "made of integers");
    const bool is_huge =
        item.is_number_unsigned() && item.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<int>::max());
    if (is_huge || item.get<std::int64_t>() < std::numeric_limits<int>::min()) wrong(field, "within 32 bits");
    return item.get<int>();
  }
  std::string text(const json& item, const char* field) const {
    if (!item.is_string()) wrong(field, "made of texts");
    return item.get<std::string>();
  }
  const json& list(const json& item, const char* field, const char* of_what) const {
    if (!item.is_array()) fail_data("{}: metadata: {}{} is not a list of {}", file_name_, path_, field, of_what);
    if (item.size() > kMaxListLength)
      fail_data("{}: metadata: {}{} has {} items (at most {})", file_name_, path_, field, item.size(), kMaxListLength);
    return item;
  }

  const json& object_;
  const std::string& file_name_;
  std::string path_;
};

/// Nesting is bounded before the parser builds anything: metadata is two objects deep.
json parse_bounded(const std::string& text, const std::string& file_name) {
  constexpr int kMaxDepth = 16;
  const auto keep = [&](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) fail_data("{}: metadata: nested deeper than {}", file_name, kMaxDepth);
    return true;
  };
  try {
    return json::parse(text, keep);
  } catch (const json::exception&) {
    fail_data("{}: metadata: not valid JSON", file_name);
  }
}

OperatingPoint read_operating_point(const Reader& reader, std::size_t label_count) {
  OperatingPoint point;
  std::vector<int> thresholds;
  reader.read("interval_frames", point.interval_frames);
  reader.read("smoothing_count", point.smoothing_count);
  reader.read("rest_frames", point.rest_frames);
  reader.read("thresholds", thresholds);
  if (point.interval_frames < 1 || point.interval_frames > OperatingPoint::kMostFrames) reader.wrong("interval_frames", "within 1 and 1000000");
  if (point.smoothing_count < 1 || point.smoothing_count > OperatingPoint::kMostSmoothing) reader.wrong("smoothing_count", "within 1 and 255");
  if (point.rest_frames < 0 || point.rest_frames > OperatingPoint::kMostFrames) reader.wrong("rest_frames", "within 0 and 1000000");
  if (thresholds.size() != label_count) reader.wrong("thresholds", "a number for each label");
  for (const int threshold : thresholds) {
    if (threshold < 0 || threshold > OperatingPoint::kMostThreshold) reader.wrong("thresholds", "made of numbers within 0 and 127");
    point.thresholds.push_back(static_cast<std::uint8_t>(threshold));
  }
  return point;
}

json operating_point_json(const OperatingPoint& point) {
  return {{"interval_frames", point.interval_frames}, {"smoothing_count", point.smoothing_count}, {"rest_frames", point.rest_frames}, {"thresholds", point.thresholds}};
}

bool is_printable(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

void check_front_end(const FrontEndSettings& s) {
  if (s.sample_rate_hz < 1000 || s.sample_rate_hz > kMaxSampleRateHz) {
    fail_usage("--sample_rate {}: not between 1000 and {} Hz", s.sample_rate_hz, kMaxSampleRateHz);
  }
  const int max_clip_samples = kMaxClipSeconds * s.sample_rate_hz;
  if (s.clip_samples < 1 || s.clip_samples > max_clip_samples) {
    fail_usage("--clip_duration_ms: a clip of {} samples at {} Hz; 1 to {} ({} s) are possible", s.clip_samples, s.sample_rate_hz,
               max_clip_samples, kMaxClipSeconds);
  }
  if (s.window_samples < 2 || s.window_samples > kMaxWindowSamples) {
    fail_usage("--window_size_ms: a window of {} samples at {} Hz; 2 to {} are possible", s.window_samples, s.sample_rate_hz,
               kMaxWindowSamples);
  }
  if (s.window_samples > s.clip_samples) {
    fail_usage("--window_size_ms: a window of {} samples is longer than the clip of {} (--clip_duration_ms)", s.window_samples,
               s.clip_samples);
  }
  if (s.hop_samples < 1 || s.hop_samples > max_clip_samples) {
    fail_usage("--window_stride_ms: a hop of {} samples at {} Hz; 1 to {} are possible", s.hop_samples, s.sample_rate_hz, max_clip_samples);
  }
  if (s.mel_bands < 1 || s.mel_bands > kMaxMelBands) fail_usage("--mel_bands {}: not between 1 and {}", s.mel_bands, kMaxMelBands);
  if (s.coefficient_count < 1 || s.coefficient_count > s.mel_bands) {
    fail_usage("--dct_coefficient_count {}: not between 1 and the {} mel bands", s.coefficient_count, s.mel_bands);
  }
  if (!(s.lower_hz >= 0 && s.lower_hz < s.upper_hz)) fail_usage("--lower_hz {}: not between 0 and --upper_hz {}", s.lower_hz, s.upper_hz);
  if (!(s.upper_hz <= s.sample_rate_hz / 2.0))
    fail_usage("--upper_hz {}: above {}, half the sample rate", s.upper_hz, s.sample_rate_hz / 2.0);
  if (!s.coefficient_shifts.empty() && s.coefficient_shifts.size() != static_cast<std::size_t>(s.coefficient_count)) {
    fail_usage("{} coefficient shifts for {} coefficients (--dct_coefficient_count)", s.coefficient_shifts.size(), s.coefficient_count);
  }
  for (int shift : s.coefficient_shifts) {
    if (shift < -kMaxCoefficientShift || shift > kMaxCoefficientShift)
      fail_usage("coefficient shift {}: not within ±{}", shift, kMaxCoefficientShift);
  }
}

void check_array_settings(const ArraySettings& settings) {
  const auto is_finite = [](double number) { return std::isfinite(number); };
  if (!std::ranges::all_of(settings.mean, is_finite)) fail_usage("--mean: a number that is not finite");
  if (!std::ranges::all_of(settings.scale, is_finite)) fail_usage("--scale: a number that is not finite");
}

const char* output_kind_name(OutputKind kind) {
  switch (kind) {
    case OutputKind::unknown: return "unknown";
    case OutputKind::classes: return "classes";
    case OutputKind::values: return "values";
  }
  QMN_CHECK(false, "every kind has a name");
}

std::string to_json(const Metadata& metadata) {
  const FrontEndSettings& f = metadata.front_end;
  json out{{"architecture", metadata.architecture},
                 {"size_info", metadata.size_info},
                 {"labels", metadata.labels},
                 {"front_end",
                  {{"sample_rate_hz", f.sample_rate_hz},
                   {"clip_samples", f.clip_samples},
                   {"window_samples", f.window_samples},
                   {"hop_samples", f.hop_samples},
                   {"coefficient_count", f.coefficient_count},
                   {"mel_bands", f.mel_bands},
                   {"lower_hz", f.lower_hz},
                   {"upper_hz", f.upper_hz},
                   {"coefficient_shifts", f.coefficient_shifts}}},
                 {"notes", metadata.notes}};
  if (const ArraySettings& a = metadata.array_input; a != ArraySettings{}) {
    out["array_input"] = {{"is_channels_last", a.is_channels_last}, {"mean", a.mean}, {"scale", a.scale}};
  }
  if (const auto& point = metadata.operating_point) out["operating_point"] = operating_point_json(*point);
  if (metadata.outputs != OutputKind::unknown) out["outputs"] = output_kind_name(metadata.outputs);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Metadata metadata_from_json(const std::string& text, const std::string& file_name) {
  const json parsed = parse_bounded(text, file_name);
  const Reader top(parsed, file_name, "");
  Metadata metadata;
  top.read("architecture", metadata.architecture);
  top.read("size_info", metadata.size_info);
  top.read("labels", metadata.labels);
  top.read("notes", metadata.notes);
  for (const std::string& label : metadata.labels) {
    if (!is_printable(label)) top.wrong("labels", "made of printable words");
  }
  if (const json* object = top.find("front_end")) {
    const Reader front_end(*object, file_name, "front_end.");
    FrontEndSettings& f = metadata.front_end;
    front_end.read("sample_rate_hz", f.sample_rate_hz);
    front_end.read("clip_samples", f.clip_samples);
    front_end.read("window_samples", f.window_samples);
    front_end.read("hop_samples", f.hop_samples);
    front_end.read("coefficient_count", f.coefficient_count);
    front_end.read("mel_bands", f.mel_bands);
    front_end.read("lower_hz", f.lower_hz);
    front_end.read("upper_hz", f.upper_hz);
    front_end.read("coefficient_shifts", f.coefficient_shifts);
  }
  if (const json* object = top.find("array_input")) {
    const Reader array_input(*object, file_name, "array_input.");
    array_input.read("is_channels_last", metadata.array_input.is_channels_last);
    array_input.read("mean", metadata.array_input.mean);
    array_input.read("scale", metadata.array_input.scale);
  }
  std::string outputs = output_kind_name(metadata.outputs);
  top.read("outputs", outputs);
  const auto kind = std::ranges::find(kOutputKinds, outputs, output_kind_name);
  if (kind == std::end(kOutputKinds)) top.wrong("outputs", "one of unknown, classes, values");
  metadata.outputs = *kind;
  if (const json* object = top.find("operating_point")) metadata.operating_point = read_operating_point(Reader(*object, file_name, "operating_point."), metadata.labels.size());
  try {
    check_front_end(metadata.front_end);
    check_array_settings(metadata.array_input);
  } catch (const Error& error) {
    fail_data("{}: metadata: {}", file_name, error.what());
  }
  return metadata;
}

std::string to_json(const OperatingPoint& point) { return operating_point_json(point).dump(); }

OperatingPoint operating_point_from_json(const std::string& text, const std::string& file_name, std::size_t class_count) {
  const json parsed = parse_bounded(text, file_name);
  return read_operating_point(Reader(parsed, file_name, "operating_point."), class_count);
}

}  // namespace qmn
