// SPDX-License-Identifier: Apache-2.0
#include "audio/wav.h"

#include "base/error.h"
#include "base/file.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <numbers>

namespace qmn {
namespace {

/// A WAV file byte by byte: format tag 1 is PCM, 3 float.
std::string wav_bytes(int channels, int rate, int bits, const std::string& payload, int tag = 1) {
  auto little = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 255u);
    return text;
  };
  const auto frame_bytes = static_cast<std::uint32_t>(channels * bits / 8);
  const auto size = static_cast<std::uint32_t>(payload.size());
  return "RIFF" + little(36 + size, 4) + "WAVEfmt " + little(16, 4) + little(static_cast<std::uint32_t>(tag), 2) +
         little(static_cast<std::uint32_t>(channels), 2) + little(static_cast<std::uint32_t>(rate), 4) +
         little(static_cast<std::uint32_t>(rate) * frame_bytes, 4) + little(frame_bytes, 2) + little(static_cast<std::uint32_t>(bits), 2) + "data" +
         little(size, 4) + payload;
}

template <class Value>
std::string raw(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "no error";
}

class Wav : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& bytes) {
    write_file_atomic(folder_.path() / name, bytes);
    return folder_.path() / name;
  }
  TemporaryFolder folder_;
};

TEST_F(Wav, SixteenBitSamplesAtTheSameRateAreTheirValueOver32768) {
  std::vector<std::int16_t> all;
  for (int value = -32768; value <= 32767; ++value) all.push_back(static_cast<std::int16_t>(value));
  const Audio audio = read_audio(file("all.wav", wav_bytes(1, 16000, 16, raw(all))), 16000);
  ASSERT_EQ(audio.samples.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(audio.samples[i], static_cast<float>(all[i]) / 32768.0f);
  EXPECT_FALSE(audio.was_resampled);
  EXPECT_FALSE(audio.was_downmixed);
}

TEST_F(Wav, WhatWasWrittenIsReadBack) {
  std::vector<float> values;
  for (int value = -32768; value <= 32767; value += 7) values.push_back(static_cast<float>(value) / 32768.0f);
  write_wav(folder_.path() / "back.wav", values, 16000);
  EXPECT_EQ(read_audio(folder_.path() / "back.wav", 16000).samples, values);
}

TEST_F(Wav, WritingRoundsToNearestWithTiesUpAndSaturates) {
  const std::vector<float> values{2.0f, 1.0f, -2.0f, 0.5f / 32768, -0.5f / 32768, 1.4f / 32768, -1.6f / 32768};
  write_wav(folder_.path() / "edge.wav", values, 16000);
  const auto back = read_audio(folder_.path() / "edge.wav", 16000).samples;
  const std::vector<float> expected{32767.0f, 32767.0f, -32768.0f, 1.0f, 0.0f, 1.0f, -2.0f};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(back[i] * 32768.0f, expected[i]) << i;
}

TEST_F(Wav, SeveralChannelsGiveTheirMean) {
  const std::vector<std::int16_t> frames{100, 300, -32768, -32768, 32767, -32767, 0, 1};
  const Audio audio = read_audio(file("stereo.wav", wav_bytes(2, 16000, 16, raw(frames))), 16000);
  EXPECT_TRUE(audio.was_downmixed);
  EXPECT_EQ(audio.source_channels, 2);
  EXPECT_EQ(audio.samples, (std::vector<float>{200.0f / 32768, -1.0f, 0.0f, 0.5f / 32768}));
}

TEST_F(Wav, OtherRatesAreResampledWithTheirPitch) {
  std::vector<float> tone(8000);
  for (std::size_t i = 0; i < tone.size(); ++i) tone[i] = 0.5f * std::sin(static_cast<float>(2 * std::numbers::pi * 440.0 / 8000.0 * static_cast<double>(i)));
  write_wav(folder_.path() / "low.wav", tone, 8000);
  const Audio audio = read_audio(folder_.path() / "low.wav", 16000);
  EXPECT_TRUE(audio.was_resampled);
  EXPECT_EQ(audio.source_rate_hz, 8000);
  ASSERT_EQ(audio.samples.size(), 16000u);
  for (std::size_t i = 2000; i < 14000; ++i) {
    ASSERT_NEAR(audio.samples[i], 0.5 * std::sin(2 * std::numbers::pi * 440.0 / 16000.0 * static_cast<double>(i)), 2e-3) << i;
  }
}

TEST_F(Wav, FloatFilesAreReadAndKeptBelowOne) {
  const std::vector<float> values{0.25f, -0.125f, 3.0f, -3.0f};
  const auto samples = read_audio(file("float.wav", wav_bytes(1, 16000, 32, raw(values), 3)), 16000).samples;
  EXPECT_EQ(samples[0], 0.25f);
  EXPECT_EQ(samples[1], -0.125f);
  EXPECT_LT(samples[2], 1.0f);
  EXPECT_GT(samples[2], 0.999f);
  EXPECT_EQ(samples[3], -1.0f);
}

TEST_F(Wav, AFileCutInTheMiddleGivesWhatIsThere) {
  const std::string whole = wav_bytes(1, 16000, 16, std::string(2000, '\1'));
  EXPECT_EQ(read_audio(file("cut.wav", whole.substr(0, 44 + 1000)), 16000).samples.size(), 500u);
}

TEST_F(Wav, BrokenFilesAreOneClearLineThatNamesTheFile) {
  const std::string empty_sound = wav_bytes(1, 16000, 16, "");
  const std::string sound = wav_bytes(1, 16000, 16, std::string(2000, '\1'));
  const std::vector<std::pair<std::string, std::string>> files{
      {"text.wav", "this is not a sound file at all, although it has some length to it\n"},
      {"empty.wav", ""},
      {"no_frames.wav", empty_sound},
      {"header_cut.wav", sound.substr(0, 30)},
      {"truncated_to_nothing.wav", sound.substr(0, 44)},
      {"infinite.wav", wav_bytes(1, 16000, 32, raw(std::vector<float>{0.0f, std::numeric_limits<float>::infinity()}), 3)},
      {"rate_zero.wav", wav_bytes(1, 0, 16, std::string(200, '\1'))},
      {"rate_one.wav", wav_bytes(1, 1, 16, std::string(200, '\1'))},
  };
  for (const auto& [name, bytes] : files) {
    const auto path = file(name, bytes);
    const std::string message = error_of([&] { read_audio(path, 16000); });
    EXPECT_NE(message.find(path.string()), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_NE(error_of([&] { read_audio(folder_.path() / "missing.wav", 16000); }).find("missing.wav"), std::string::npos);
  EXPECT_NE(error_of([&] { read_audio(folder_.path(), 16000); }).find("folder"), std::string::npos);
}

TEST_F(Wav, TooLongASoundIsRefused) {
  const auto path = file("long.wav", wav_bytes(1, 16000, 16, std::string(64000, '\1')));
  EXPECT_EQ(read_audio(path, 16000, 2.0).samples.size(), 32000u);
  EXPECT_NE(error_of([&] { read_audio(path, 16000, 1.9); }).find("1.9 s"), std::string::npos);
}

TEST_F(Wav, AFailedWriteLeavesNothingBehind) {
  const std::vector<float> values(10, 0.0f);
  EXPECT_NE(error_of([&] { write_wav(folder_.path() / "no" / "such" / "folder.wav", values, 16000); }).find("cannot write"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST(Resample, LengthsFollowTheRatio) {
  EXPECT_TRUE(resample({}, 8000, 16000).empty());
  const std::vector<float> samples(1000, 0.5f);
  EXPECT_NEAR(static_cast<double>(resample(samples, 44100, 16000).size()), 1000 * 16000.0 / 44100.0, 1.0);
  EXPECT_NEAR(static_cast<double>(resample(samples, 1.1, 1.0).size()), 1000 / 1.1, 1.0);
}

/// Bytes from anywhere end in an Audio or an Error, never in anything else.
RC_GTEST_PROP(WavProperty, DamagedFilesNeverEscapeTheErrors, ()) {
  std::string bytes = wav_bytes(*rc::gen::inRange(1, 4), 16000, 16, std::string(600, '\7'));
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    bytes[*rc::gen::inRange<std::size_t>(0, 60)] = static_cast<char>(*rc::gen::inRange(0, 256));
  }
  bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
  try {
    const Audio audio = decode_audio(bytes, "damaged.wav", 16000, 10.0);
    RC_ASSERT(!audio.samples.empty());
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).starts_with("damaged.wav: "));
  }
}

}  // namespace
}  // namespace qmn
