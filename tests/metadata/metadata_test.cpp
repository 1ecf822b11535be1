// SPDX-License-Identifier: Apache-2.0
#include "metadata/metadata.h"

#include "support/expect_error.h"

#include <fmt/format.h>

namespace qmn {
namespace {

using testing::expect_error;

Metadata example() {
  Metadata m;
  m.architecture = "ds_cnn";
  m.size_info = {1, 64, 10, 4, 2, 2};
  m.labels = {"_silence_", "_unknown_", "yes", "grüß"};
  m.front_end.sample_rate_hz = 8000;
  m.front_end.clip_samples = 12000;
  m.front_end.window_samples = 256;
  m.front_end.hop_samples = 100;
  m.front_end.coefficient_count = 3;
  m.front_end.mel_bands = 13;
  m.front_end.lower_hz = 0.1;
  m.front_end.upper_hz = 3999.5;
  m.front_end.coefficient_shifts = {2, 0, -1};
  m.notes = {{"training", "a \"quoted\"\nnote"}, {"", ""}};
  return m;
}

TEST(Metadata, ComesBackFromJsonAsItWas) {
  const Metadata before = example();
  const Metadata after = metadata_from_json(to_json(before), "net.onnx");
  EXPECT_EQ(after.architecture, before.architecture);
  EXPECT_EQ(after.size_info, before.size_info);
  EXPECT_EQ(after.labels, before.labels);
  EXPECT_EQ(after.front_end, before.front_end);
  EXPECT_EQ(after.notes, before.notes);
}

TEST(OperatingPoint, ComesBackFromJsonAsItWas) {
  Metadata before = example();
  EXPECT_FALSE(metadata_from_json(to_json(before), "net.onnx").operating_point);
  before.operating_point = OperatingPoint{.interval_frames = 5, .smoothing_count = 255, .rest_frames = 0, .thresholds = {0, 0, 127, 1}};
  EXPECT_EQ(metadata_from_json(to_json(before), "net.onnx").operating_point, before.operating_point);
  EXPECT_EQ(operating_point_from_json(to_json(*before.operating_point), "qmn.json", 4), *before.operating_point);
}

TEST(OperatingPoint, WrongFieldsAreNamed) {
  const auto wrong = [](const std::string& point, const char* field) {
    const std::string json = R"({"labels": ["_silence_", "yes"], "operating_point": )" + point + "}";
    expect_error(ErrorKind::data, {"net.onnx", "operating_point", field}, [&] { metadata_from_json(json, "net.onnx"); });
  };
  wrong("3", "is not an object");
  wrong("{}", "thresholds");  // one for each label
  wrong(R"({"thresholds": [1, 2, 3]})", "thresholds");
  wrong(R"({"thresholds": [0, 128]})", "within 0 and 127");
  wrong(R"({"thresholds": [-1, 5]})", "within 0 and 127");
  wrong(R"({"thresholds": [0, "x"]})", "thresholds");
  wrong(R"({"thresholds": [0, 5], "interval_frames": 0})", "interval_frames");
  wrong(R"({"thresholds": [0, 5], "interval_frames": 1000001})", "interval_frames");
  wrong(R"({"thresholds": [0, 5], "smoothing_count": 256})", "smoothing_count");
  wrong(R"({"thresholds": [0, 5], "smoothing_count": 0})", "smoothing_count");
  wrong(R"({"thresholds": [0, 5], "rest_frames": -1})", "rest_frames");
  wrong(R"({"thresholds": [0, 5], "rest_frames": 1e3})", "rest_frames");
}

TEST(Metadata, MissingFieldsKeepTheirDefaultsAndUnknownOnesAreIgnored) {
  const Metadata m = metadata_from_json(
      R"({"labels": ["a"], "front_end": {"hop_samples": 640}, "from_the_future": [1, {"x": null}], "notes": null})", "f");
  FrontEndSettings expected;
  expected.hop_samples = 640;
  EXPECT_EQ(m.front_end, expected);
  EXPECT_EQ(m.labels, std::vector<std::string>{"a"});
  EXPECT_TRUE(m.architecture.empty() && m.size_info.empty() && m.notes.empty());
}

TEST(Metadata, AListHasAtMost1000Items) {
  const auto labels = [](int count) {
    std::string json = R"({"labels": [)";
    for (int i = 0; i < count; ++i) json += fmt::format("{}\"w{}\"", i == 0 ? "" : ",", i);
    return json + "]}";
  };
  EXPECT_EQ(metadata_from_json(labels(1000), "net.onnx").labels.size(), 1000u);
  expect_error(ErrorKind::data, {"net.onnx", "labels", "1001 items", "at most 1000"}, [&] { metadata_from_json(labels(1001), "net.onnx"); });
}

TEST(Metadata, WrongTypesNameTheFileAndTheField) {
  const auto expect_fault = [](const std::string& json, const std::vector<std::string>& parts) {
    expect_error(ErrorKind::data, parts, [&] { metadata_from_json(json, "net.onnx"); });
  };
  expect_fault("", {"net.onnx", "not valid JSON"});
  expect_fault("{\"labels\": [\"\xff\"]}", {"net.onnx", "not valid JSON"});
  expect_fault("[]", {"net.onnx", "not an object"});
  expect_fault(R"({"architecture": 7})", {"net.onnx", "architecture"});
  expect_fault(R"({"labels": "yes"})", {"labels", "list of texts"});
  expect_fault(R"({"labels": [1]})", {"labels"});
  expect_fault(R"({"labels": ["a\nb"]})", {"labels", "printable"});
  expect_fault(R"({"labels": [""]})", {"labels", "printable"});
  expect_fault(R"({"size_info": [1.5]})", {"size_info", "integers"});
  expect_fault(R"({"size_info": [4294967296]})", {"size_info", "32 bits"});
  expect_fault(R"({"size_info": [18446744073709551615]})", {"size_info", "32 bits"});
  expect_fault(R"({"front_end": []})", {"front_end", "not an object"});
  expect_fault(R"({"front_end": {"hop_samples": "many"}})", {"front_end.hop_samples"});
  expect_fault(R"({"front_end": {"upper_hz": true}})", {"front_end.upper_hz", "a number"});
  expect_fault(R"({"front_end": {"hop_samples": 0}})", {"net.onnx", "hop of 0"});
  expect_fault(R"({"notes": {"a": 1}})", {"notes"});
  expect_fault(std::string(100000, '['), {"net.onnx"});
}

TEST(FrontEnd, CountsFrames) {
  FrontEndSettings s;
  EXPECT_EQ(s.frame_count(), 49);
  EXPECT_EQ(s.feature_count(), 490);
  s.hop_samples = 640;
  EXPECT_EQ(s.frame_count(), 25);
  s.clip_samples = s.window_samples;
  EXPECT_EQ(s.frame_count(), 1);
  s.clip_samples = s.window_samples - 1;
  EXPECT_EQ(s.frame_count(), 0);
}

TEST(FrontEnd, SettingsWithoutMeaningNameTheirFlag) {
  const auto expect_fault = [](const std::vector<std::string>& parts, const std::function<void(FrontEndSettings&)>& break_it) {
    FrontEndSettings s;
    check_front_end(s);
    break_it(s);
    expect_error(ErrorKind::usage, parts, [&] { check_front_end(s); });
  };
  expect_fault({"--sample_rate 0"}, [](auto& s) { s.sample_rate_hz = 0; });
  expect_fault({"--clip_duration_ms"}, [](auto& s) { s.clip_samples = -1; });
  expect_fault({"--clip_duration_ms"}, [](auto& s) { s.clip_samples = INT32_MAX; });
  expect_fault({"--window_size_ms", "17000", "16000"}, [](auto& s) { s.window_samples = 17000; });
  expect_fault({"--window_stride_ms"}, [](auto& s) { s.hop_samples = 0; });
  expect_fault({"--dct_coefficient_count 41", "40"}, [](auto& s) { s.coefficient_count = 41; });
  expect_fault({"--dct_coefficient_count 0"}, [](auto& s) { s.coefficient_count = 0; });
  expect_fault({"--mel_bands 0"}, [](auto& s) { s.mel_bands = 0; });
  expect_fault({"--lower_hz 5000"}, [](auto& s) { s.lower_hz = 5000; });
  expect_fault({"--upper_hz 9000", "8000"}, [](auto& s) { s.upper_hz = 9000; });
  expect_fault({"2 coefficient shifts", "10"}, [](auto& s) { s.coefficient_shifts = {1, 2}; });
  expect_fault({"shift 99"}, [](auto& s) { s.coefficient_shifts.assign(10, 99); });
}

}  // namespace
}  // namespace qmn
