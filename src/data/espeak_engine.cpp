// SPDX-License-Identifier: Apache-2.0
// data/espeak_engine.cpp   espeak-ng: a formant synthesizer. A voice is an English accent with a variant, such as en-us+f2; the variant
// makes the timbre. Both are listed by the program itself, because it speaks with its default voice when it is asked for one that it lacks.
#include "base/subprocess.h"
#include "data/speech_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string_view>

namespace qmn {
namespace {

constexpr const char* kProgram = "espeak-ng";
constexpr double kUsualWordsPerMinute = 175;

/// Variants that are robots, or copies of another variant under a second name.
bool is_left_out(std::string_view variant) {
  constexpr std::array<std::string_view, 8> kNames{"announcer", "anikaRobot", "Demonic", "UniRobot", "fast", "caleb", "klatt6", "Tweaky"};
  return std::find(kNames.begin(), kNames.end(), variant) != kNames.end() || variant.starts_with("robosoft");
}

/// The listing has columns: priority, language, age/gender, name, file, other languages in parentheses.
struct ListedVoice {
  std::string language;
  std::string file;  // may hold single spaces
};

std::vector<ListedVoice> listed(const char* what) {
  std::vector<ListedVoice> voices;
  std::istringstream lines(run_process({kProgram, fmt::format("--voices={}", what)}).out);
  std::string line;
  std::getline(lines, line);  // headings
  while (std::getline(lines, line)) {
    std::istringstream columns(line);
    std::string priority, gender, name;
    ListedVoice voice;
    columns >> priority >> voice.language >> gender >> name >> std::ws;
    std::getline(columns, voice.file);
    voice.file = voice.file.substr(0, voice.file.find(" ("));
    voice.file.erase(voice.file.find_last_not_of(' ') + 1);
    if (!voice.file.empty()) voices.push_back(std::move(voice));
  }
  return voices;
}

class EspeakEngine final : public SpeechEngine {
 public:
  std::string name() const override { return kProgram; }
  std::string package() const override { return "espeak-ng"; }
  bool is_available() const override { return find_program(kProgram).has_value(); }

  std::string version() const override {
    const std::string text = run_process({kProgram, "--version"}).out;
    return text.substr(0, text.find("  "));  // the folder of its data follows
  }

  std::vector<Voice> voices() const override {
    std::vector<std::string> accents, variants;
    for (const ListedVoice& voice : listed("en")) {
      const bool needs_other_program = voice.file.starts_with("mb/");  // MBROLA
      if (voice.language.starts_with("en") && !needs_other_program) accents.push_back(voice.language);
    }
    for (const ListedVoice& voice : listed("variant")) {
      if (!voice.file.starts_with("!v/")) continue;
      std::string variant = voice.file.substr(3);
      if (!is_left_out(variant)) variants.push_back(std::move(variant));
    }
    std::sort(accents.begin(), accents.end());
    accents.erase(std::unique(accents.begin(), accents.end()), accents.end());
    std::sort(variants.begin(), variants.end());
    std::vector<Voice> all;
    for (const std::string& variant : variants) {
      for (const std::string& accent : accents) all.push_back({kProgram, fmt::format("{}+{}", accent, variant), variant});
    }
    return all;
  }

  std::optional<Audio> speak(const Voice& voice, const Utterance& utterance, int sample_rate_hz,
                             const std::filesystem::path& scratch) const override {
    const long words_per_minute = std::clamp(std::lround(kUsualWordsPerMinute * utterance.speed), 80L, 450L);
    const long pitch = std::clamp(std::lround(50 + 40 * utterance.pitch), 0L, 99L);
    const ProcessResult result = run_process({kProgram, "-z", "-b", "1", "-v", voice.id, "-s", std::to_string(words_per_minute), "-p",
                                              std::to_string(pitch), "-w", scratch.string(), "--", utterance.text},
                                             {.input = {}, .folder = {}, .timeout = std::chrono::seconds(30)});
    return result.exit_code == 0 ? read_spoken(scratch, sample_rate_hz) : std::nullopt;
  }
};

}  // namespace

std::unique_ptr<SpeechEngine> make_espeak_engine() { return std::make_unique<EspeakEngine>(); }

}  // namespace qmn
