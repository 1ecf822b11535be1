// SPDX-License-Identifier: Apache-2.0
#include "audio/microphone.h"

#include "base/error.h"

#include <fmt/ranges.h>
#include <portaudio.h>
#include <fcntl.h>
#include <unistd.h>

namespace qmn {
namespace {

/// While it lives, what libraries print on standard error is gone: PortAudio's hosts (ALSA, JACK) print what they probe.
class QuietErrors {
 public:
  QuietErrors() : kept_(::dup(STDERR_FILENO)) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO), ::close(nowhere);
  }
  ~QuietErrors() {
    if (kept_ >= 0) ::dup2(kept_, STDERR_FILENO), ::close(kept_);
  }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  int kept_;
};

/// PortAudio between its initialization and its end.
class Library {
 public:
  Library() {
    const QuietErrors quiet;
    const PaError error = Pa_Initialize();
    if (error != paNoError) fail_data("mic: PortAudio does not start: {}", Pa_GetErrorText(error));
  }
  ~Library() {
    const QuietErrors quiet;
    Pa_Terminate();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

PaDeviceIndex find_device(const std::string& wanted) {
  std::vector<std::string> names;
  for (PaDeviceIndex i = 0; i < Pa_GetDeviceCount(); ++i) {
    const PaDeviceInfo* info = Pa_GetDeviceInfo(i);
    if (info->maxInputChannels < 1) continue;
    names.emplace_back(info->name);
    if (!wanted.empty() && names.back().find(wanted) != std::string::npos) return i;
  }
  if (names.empty()) fail_data("mic: this machine has no input device");
  if (!wanted.empty()) fail_data("mic: no input device is called '{}' (there is {})", wanted, fmt::join(names, ", "));
  const PaDeviceIndex usual = Pa_GetDefaultInputDevice();
  if (usual == paNoDevice) fail_data("mic: this machine has no default input device; name one with --device (there is {})", fmt::join(names, ", "));
  return usual;
}

}  // namespace

struct Microphone::Impl {
  Library library{};
  std::string name{};
  PaStream* stream = nullptr;
  std::int64_t overflows = 0;
  ~Impl() {
    if (stream != nullptr) Pa_CloseStream(stream);
  }
};

Microphone::Microphone(const std::string& device, int sample_rate_hz) : impl_(std::make_unique<Impl>()) {
  const PaDeviceIndex index = find_device(device);
  const PaDeviceInfo* info = Pa_GetDeviceInfo(index);
  impl_->name = info->name;
  const PaStreamParameters input{.device = index, .channelCount = 1, .sampleFormat = paInt16, .suggestedLatency = info->defaultHighInputLatency, .hostApiSpecificStreamInfo = nullptr};
  PaError error = Pa_OpenStream(&impl_->stream, &input, nullptr, sample_rate_hz, paFramesPerBufferUnspecified, paNoFlag, nullptr, nullptr);
  if (error == paNoError) error = Pa_StartStream(impl_->stream);
  if (error != paNoError) fail_data("mic: {} cannot record mono at {} Hz: {}", impl_->name, sample_rate_hz, Pa_GetErrorText(error));
}
Microphone::~Microphone() = default;

std::vector<std::int16_t> Microphone::read(int count) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(count));
  const PaError error = Pa_ReadStream(impl_->stream, samples.data(), static_cast<unsigned long>(count));
  if (error == paInputOverflowed) ++impl_->overflows;
  else if (error != paNoError) fail_data("mic: {}: {}", impl_->name, Pa_GetErrorText(error));
  return samples;
}
std::int64_t Microphone::overflow_count() const { return impl_->overflows; }
const std::string& Microphone::name() const { return impl_->name; }

}  // namespace qmn
