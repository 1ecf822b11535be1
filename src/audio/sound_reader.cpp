// SPDX-License-Identifier: Apache-2.0
#include "audio/sound_reader.h"

#include "audio/sound_block.h"
#include "base/error.h"

#include <unistd.h>

#include <algorithm>
#include <span>
#include <type_traits>

namespace qmn {
namespace {

constexpr std::size_t kBlockFrames = 2048;  // a pipe hands on what it has as soon as so many are there

struct DeleteResampler {
  void operator()(soxr_t resampler) const { soxr_delete(resampler); }
};
using Resampler = std::unique_ptr<std::remove_pointer_t<soxr_t>, DeleteResampler>;

}  // namespace

struct SoundReader::Impl {
  std::string name;
  int sample_rate_hz = 0;
  SF_INFO info{};
  Sound sound{};
  Resampler resampler{};  ///< of files at another rate
  std::vector<float> block{};
  bool is_begun = false, is_ended = false;

  void open(const std::filesystem::path& path) {
    const bool is_input = path == "-";
    name = is_input ? "standard input" : path.string();
    std::error_code ignored;
    if (!is_input && !std::filesystem::exists(path, ignored)) fail_data("{}: no such file", name);
    if (!is_input && std::filesystem::is_directory(path, ignored)) fail_data("{}: is a folder, a sound file is needed", name);
    sound.reset(is_input ? sf_open_fd(STDIN_FILENO, SFM_READ, &info, 0) : sf_open(path.c_str(), SFM_READ, &info));
    if (!sound) fail_data("{}: is no sound file that can be read ({}); a WAV file is needed", name, sound_error(nullptr));
    check_source_rate(info.samplerate, name);
    block.resize(kBlockFrames * static_cast<std::size_t>(info.channels));
    if (info.samplerate == sample_rate_hz) return;
    const soxr_quality_spec_t quality = resampling_quality();
    const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    soxr_error_t error = nullptr;
    resampler.reset(soxr_create(info.samplerate, sample_rate_hz, 1, &error, &io, &quality, &runtime));
    if (error) fail_data("{}: cannot be resampled from {} Hz to {} Hz: {}", name, info.samplerate, sample_rate_hz, error);
  }

  /// `mono` at the wanted rate; without any, what the resampler still holds.
  std::vector<float> resampled(const std::vector<float>& mono) {
    std::vector<float> out, part(kBlockFrames);
    for (std::size_t at = 0;;) {
      std::size_t consumed = 0, produced = 0;
      const soxr_error_t error = soxr_process(resampler.get(), mono.empty() ? nullptr : mono.data() + at, mono.size() - at, &consumed, part.data(), part.size(), &produced);
      if (error) fail_data("{}: cannot be resampled: {}", name, error);
      at += consumed;
      out.insert(out.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(produced));
      if (at == mono.size() && produced < part.size()) return out;
    }
  }

  /// The next samples of the file; none at its end.
  std::vector<float> next_mono() {
    const auto channels = static_cast<std::size_t>(info.channels);
    const sf_count_t got = sf_readf_float(sound.get(), block.data(), static_cast<sf_count_t>(kBlockFrames));
    if (got <= 0) return {};
    const std::span interleaved(block.data(), static_cast<std::size_t>(got) * channels);
    check_finite(interleaved, name);
    return channels == 1 ? std::vector(interleaved.begin(), interleaved.end()) : mix_down(interleaved, channels);
  }

  std::vector<float> read() {
    while (!is_ended) {
      std::vector<float> samples = next_mono();
      is_ended = samples.empty();
      if (is_ended && !is_begun) fail_data("{}: holds no samples: the file is truncated or empty of sound", name);
      is_begun = true;
      if (resampler) samples = resampled(samples);
      std::ranges::transform(samples, samples.begin(), clamp_sample);
      if (!samples.empty()) return samples;
    }
    return {};
  }
};

SoundReader::SoundReader(const std::filesystem::path& path, int sample_rate_hz) : impl_(std::make_unique<Impl>()) {
  impl_->sample_rate_hz = sample_rate_hz;
  impl_->open(path);
}
SoundReader::~SoundReader() = default;

std::vector<float> SoundReader::read() { return impl_->read(); }
int SoundReader::source_rate_hz() const { return impl_->info.samplerate; }
int SoundReader::source_channels() const { return impl_->info.channels; }
bool SoundReader::is_converted() const { return impl_->resampler || impl_->info.channels > 1; }
double SoundReader::seconds() const {
  const double claimed = static_cast<double>(impl_->info.frames) / impl_->info.samplerate;
  return claimed > 0 && claimed < 1e9 ? claimed : 0;
}

}  // namespace qmn
