// SPDX-License-Identifier: Apache-2.0
// audio/microphone.h   Sound as it comes, through PortAudio, if qmn was built with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace qmn {

class Microphone {
 public:
  /// `device`: part of the name of an input device, as in devices(); empty: the system's default.
  /// Error (data): built without PortAudio (names the package), no such device, a device that cannot record mono at that rate.
  Microphone(const std::string& device, int sample_rate_hz);
  ~Microphone();
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  /// Waits for the next `count` samples. Error (data): the device went away.
  std::vector<std::int16_t> read(int count);
  /// How often samples were lost because nobody read them in time.
  std::int64_t overflow_count() const;
  const std::string& name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qmn
