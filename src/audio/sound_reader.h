// SPDX-License-Identifier: Apache-2.0
// audio/sound_reader.h   A sound file of any length, block by block: mono at the wanted rate, the same samples as read_audio (audio/wav.h).
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

namespace qmn {

class SoundReader {
 public:
  /// `path` "-": standard input. Error (data): no sound file.
  SoundReader(const std::filesystem::path& path, int sample_rate_hz);
  ~SoundReader();
  SoundReader(const SoundReader&) = delete;
  SoundReader& operator=(const SoundReader&) = delete;

  /// Some of the next samples in [-1, 1); none at the end. Error (data): samples that are no finite numbers; a file without samples.
  std::vector<float> read();

  int source_rate_hz() const;
  int source_channels() const;
  bool is_converted() const;   ///< the file has another rate, or several channels
  double seconds() const;      ///< as the header claims; 0: unknown

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qmn
