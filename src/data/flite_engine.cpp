// SPDX-License-Identifier: Apache-2.0
// data/flite_engine.cpp   flite: a diphone and statistical synthesizer with a handful of built-in voices, each another person.
#include "base/subprocess.h"
#include "data/speech_engine.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

namespace qmn {
namespace {

constexpr const char* kProgram = "flite";

class FliteEngine final : public SpeechEngine {
 public:
  std::string name() const override { return kProgram; }
  std::string package() const override { return "flite"; }
  bool is_available() const override { return find_program(kProgram).has_value(); }

  std::string version() const override {
    std::istringstream lines(run_process({kProgram, "--version"}).out);
    for (std::string line; std::getline(lines, line);) {
      if (const std::size_t at = line.find("flite-"); at != std::string::npos) return line.substr(at, line.find(' ', at) - at);
    }
    return kProgram;
  }

  std::vector<Voice> voices() const override {
    std::istringstream words(run_process({kProgram, "-lv"}).out);
    std::vector<Voice> all;
    bool is_list = false;
    for (std::string word; words >> word;) {
      if (is_list && word != "awb_time") {            // awb_time knows the words of a talking clock only
        const bool is_kal = word.starts_with("kal");  // kal at 8 kHz and kal16 at 16 kHz are one person
        all.push_back({kProgram, word, is_kal ? "kal" : word});
      }
      is_list |= word == "available:";
    }
    return all;
  }

  std::optional<Audio> speak(const Voice& voice, const Utterance& utterance, int sample_rate_hz,
                             const std::filesystem::path& scratch) const override {
    const ProcessResult result =
        run_process({kProgram, "-voice", voice.id, "--setf", fmt::format("duration_stretch={:.3f}", 1 / utterance.speed), "--setf",
                     fmt::format("f0_shift={:.3f}", std::exp2(0.4 * utterance.pitch)), "-t", utterance.text, "-o", scratch.string()},
                    {.input = {}, .folder = {}, .timeout = std::chrono::seconds(30)});
    return result.exit_code == 0 ? read_spoken(scratch, sample_rate_hz) : std::nullopt;
  }
};

}  // namespace

std::unique_ptr<SpeechEngine> make_flite_engine() { return std::make_unique<FliteEngine>(); }

}  // namespace qmn
