// SPDX-License-Identifier: Apache-2.0
// data/speech_engine.h   What data synthesis asks of a text-to-speech program. A further engine is one more file and a row in
// speech_engines().
#pragma once

#include "audio/wav.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

/// One speaker of an engine.
struct Voice {
  std::string engine;
  std::string id;      ///< how the engine calls it
  std::string timbre;  ///< voices with the same timbre sound like one person (who puts on another accent), so a split keeps them together
};

struct Utterance {
  std::string text;
  double speed = 1;  ///< 1: the engine's usual speed; 2: twice as fast
  double pitch = 0;  ///< 0: the voice's usual pitch; -1 … 1: the lowest and highest that still sound human
};

class SpeechEngine {
 public:
  virtual ~SpeechEngine() = default;
  virtual std::string name() const = 0;
  virtual std::string package() const = 0;  ///< the Debian package to install
  virtual bool is_available() const = 0;
  virtual std::string version() const = 0;
  /// Always in the same order. Empty when the program lists none.
  virtual std::vector<Voice> voices() const = 0;
  /// Speaks at `sample_rate_hz`; nothing when the engine failed or stayed silent. The same call gives the same samples. `scratch` is a file
  /// of the caller's that may be written over; calls with different ones may run at once.
  virtual std::optional<Audio> speak(const Voice& voice, const Utterance& utterance, int sample_rate_hz,
                                     const std::filesystem::path& scratch) const = 0;
};

std::unique_ptr<SpeechEngine> make_espeak_engine();
std::unique_ptr<SpeechEngine> make_flite_engine();

/// All that qmn knows, installed or not.
std::vector<std::unique_ptr<SpeechEngine>> speech_engines();

/// For engines: the samples that a program wrote to `file`, or nothing if it wrote no readable sound or only silence.
std::optional<Audio> read_spoken(const std::filesystem::path& file, int sample_rate_hz);

}  // namespace qmn
