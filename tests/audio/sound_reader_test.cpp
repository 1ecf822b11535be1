// SPDX-License-Identifier: Apache-2.0
// Sound block by block against the same file read at once.
#include "audio/sound_reader.h"

#include "audio/wav.h"
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

std::vector<float> noise(std::size_t count) {
  Random random({3});
  std::vector<float> samples(count);
  for (float& sample : samples) sample = static_cast<float>(random.uniform(-0.9, 0.9));
  return samples;
}

std::vector<float> read_all(SoundReader& reader) {
  std::vector<float> all;
  for (;;) {
    const std::vector<float> part = reader.read();
    if (part.empty()) return all;
    all.insert(all.end(), part.begin(), part.end());
  }
}

TEST(SoundReader, GivesTheSamplesOfTheWholeFile) {
  const TemporaryFolder folder;
  for (const int rate : {16000, 44100, 8000, 22050}) {
    for (const std::size_t count : {std::size_t{100}, std::size_t{2048}, std::size_t{100'001}}) {
      write_wav(folder.path() / "a.wav", noise(count), rate);
      SoundReader reader(folder.path() / "a.wav", 16000);
      const std::vector<float> samples = read_all(reader), expected = read_audio(folder.path() / "a.wav", 16000).samples;
      EXPECT_EQ(samples, expected) << count << " samples at " << rate << " Hz";
      EXPECT_EQ(reader.is_converted(), rate != 16000);
      EXPECT_TRUE(reader.read().empty()) << "the end stays the end";
    }
  }
}

TEST(SoundReader, BrokenFilesAreNamed) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return folder.path() / name; };
  write_file_atomic(path("text.wav"), "no sound at all");
  std::string wav = encode_wav(noise(100), 16000);
  write_file_atomic(path("header.wav"), wav.substr(0, 44));
  testing::expect_error(ErrorKind::data, {"none.wav", "no such file"}, [&] { SoundReader(path("none.wav"), 16000); });
  testing::expect_error(ErrorKind::data, {"text.wav", "no sound file"}, [&] { SoundReader(path("text.wav"), 16000); });
  testing::expect_error(ErrorKind::data, {"is a folder"}, [&] { SoundReader(folder.path(), 16000); });
  testing::expect_error(ErrorKind::data, {"header.wav", "holds no samples"}, [&] { SoundReader(path("header.wav"), 16000).read(); });
}

}  // namespace
}  // namespace qmn
