// SPDX-License-Identifier: Apache-2.0
#include "audio/wav.h"

#include "audio/sound_block.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace qmn {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 31;

/// The bytes of a file as libsndfile reads and writes them.
struct MemoryFile {
  std::string_view readable;
  std::string* writable = nullptr;  ///< set while writing; `readable` is then unused
  sf_count_t position = 0;

  sf_count_t size() const { return static_cast<sf_count_t>(writable ? writable->size() : readable.size()); }
};

MemoryFile& as_file(void* user) { return *static_cast<MemoryFile*>(user); }

sf_count_t file_size(void* user) { return as_file(user).size(); }

sf_count_t file_seek(sf_count_t offset, int whence, void* user) {
  MemoryFile& file = as_file(user);
  const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.position : file.size();
  if (base + offset < 0) return -1;
  file.position = base + offset;
  return file.position;
}

sf_count_t file_read(void* target, sf_count_t count, void* user) {
  MemoryFile& file = as_file(user);
  const sf_count_t got = std::clamp<sf_count_t>(file.size() - file.position, 0, count);
  if (got > 0) std::memcpy(target, file.readable.data() + file.position, static_cast<std::size_t>(got));
  file.position += got;
  return got;
}

sf_count_t file_write(const void* source, sf_count_t count, void* user) {
  MemoryFile& file = as_file(user);
  const auto end = static_cast<std::size_t>(file.position + count);
  if (file.writable->size() < end) file.writable->resize(end);
  std::memcpy(file.writable->data() + file.position, source, static_cast<std::size_t>(count));
  file.position += count;
  return count;
}

sf_count_t file_tell(void* user) { return as_file(user).position; }

SF_VIRTUAL_IO memory_io() { return {.get_filelen = file_size, .seek = file_seek, .read = file_read, .write = file_write, .tell = file_tell}; }

}  // namespace

Audio read_audio(const std::filesystem::path& path, int sample_rate_hz, double max_seconds) {
  return decode_audio(read_file(path, kMaxFileBytes), path.string(), sample_rate_hz, max_seconds);
}

Audio decode_audio(std::string_view bytes, const std::string& name, int sample_rate_hz, double max_seconds) {
  QMN_CHECK(sample_rate_hz > 0, "the wanted sample rate is positive");
  if (bytes.empty()) fail_data("{}: is empty (0 bytes), a sound file is needed", name);

  MemoryFile memory{.readable = bytes};
  SF_VIRTUAL_IO io = memory_io();
  SF_INFO info{};
  const Sound sound(sf_open_virtual(&io, SFM_READ, &info, &memory));
  if (!sound) fail_data("{}: is no sound file that can be read ({}); a WAV file is needed", name, sound_error(nullptr));
  check_source_rate(info.samplerate, name);
  const auto channels = static_cast<std::size_t>(info.channels);
  const double max_frames = max_seconds * info.samplerate;

  // The frame count of a header is a claim: blocks are read until the file ends.
  constexpr std::size_t kBlockFrames = 16384;
  std::vector<float> interleaved;
  std::vector<float> block(kBlockFrames * channels);
  for (;;) {
    const sf_count_t got = sf_readf_float(sound.get(), block.data(), static_cast<sf_count_t>(kBlockFrames));
    if (got <= 0) break;
    interleaved.insert(interleaved.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(got) * channels));
    if (static_cast<double>(interleaved.size() / channels) > max_frames) {
      fail_data("{}: is longer than {} s, the longest that is read; cut it", name, max_seconds);
    }
  }
  if (interleaved.empty()) fail_data("{}: holds no samples: the file is truncated or empty of sound", name);
  check_finite(interleaved, name);

  Audio audio;
  audio.sample_rate_hz = sample_rate_hz;
  audio.source_rate_hz = info.samplerate;
  audio.source_channels = info.channels;
  audio.was_downmixed = info.channels > 1;
  audio.was_resampled = info.samplerate != sample_rate_hz;
  audio.samples = audio.was_downmixed ? mix_down(interleaved, channels) : std::move(interleaved);
  if (audio.was_resampled) {
    audio.samples = resample(audio.samples, info.samplerate, sample_rate_hz);
    if (audio.samples.empty()) fail_data("{}: is too short to hold one sample at {} Hz", name, sample_rate_hz);
  }
  std::ranges::transform(audio.samples, audio.samples.begin(), clamp_sample);
  return audio;
}

std::string encode_wav(std::span<const float> samples, int sample_rate_hz) {
  std::vector<short> values(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    QMN_CHECK(std::isfinite(samples[i]), "samples to write are finite");
    const double scaled = std::floor(static_cast<double>(samples[i]) * 32768.0 + 0.5);
    values[i] = static_cast<short>(std::clamp(scaled, -32768.0, 32767.0));
  }

  std::string bytes;
  MemoryFile memory{.readable = {}, .writable = &bytes};
  SF_VIRTUAL_IO io = memory_io();
  SF_INFO info{};
  info.samplerate = sample_rate_hz;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  Sound sound(sf_open_virtual(&io, SFM_WRITE, &info, &memory));
  QMN_CHECK(sound != nullptr, "libsndfile writes 16-bit mono WAV at any positive rate");
  const auto count = static_cast<sf_count_t>(values.size());
  QMN_CHECK(sf_write_short(sound.get(), values.data(), count) == count, "libsndfile writes into memory");
  sound.reset();  // completes the header
  return bytes;
}

void write_wav(const std::filesystem::path& path, std::span<const float> samples, int sample_rate_hz) {
  write_file_atomic(path, encode_wav(samples, sample_rate_hz));
}

std::vector<float> resample(std::span<const float> samples, double from_rate, double to_rate) {
  QMN_CHECK(from_rate > 0 && to_rate > 0, "sample rates are positive");
  if (samples.empty()) return {};
  const double expected = static_cast<double>(samples.size()) * to_rate / from_rate;
  std::vector<float> result(static_cast<std::size_t>(std::ceil(expected)) + 1);
  const soxr_quality_spec_t quality = resampling_quality();
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  std::size_t consumed = 0, produced = 0;
  const soxr_error_t error = soxr_oneshot(from_rate, to_rate, 1, samples.data(), samples.size(), &consumed, result.data(), result.size(),
                                          &produced, &io, &quality, &runtime);
  if (error) fail_data("cannot resample from {} Hz to {} Hz: {}", from_rate, to_rate, error);
  result.resize(produced);
  return result;
}

}  // namespace qmn
