// SPDX-License-Identifier: Apache-2.0
// data/synth.cpp   From voices to a data set: speak, disturb, write. What clip holds what is decided in synth_plan; every sound depends on
// the seed and its own word and index alone, so the result is the same for any number of threads.
#include "data/synth.h"

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "data/effects.h"
#include "data/speech_engine.h"
#include "data/synth_plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr const char* kMarker = "qmn-synth.json";
constexpr std::uint64_t kMaxMarkerBytes = 1 << 20;
constexpr double kTrimDb = 40;  // quieter than that below the peak is silence
constexpr double kTrimMarginMs = 10;
constexpr double kBabbleSeconds = 4;
constexpr std::size_t kBabbleTalkers = 20;  // utterances in a stretch of babble, each heard twice: about five at any moment
constexpr double kBackgroundRms = 0.15, kBackgroundPeak = 0.95;

/// What a random draw is for: its key after the seed. synth_plan uses 1 and 2.
enum Purpose : std::uint64_t { kRender = 11, kBabble = 12, kBackground = 13 };

using Engines = std::map<std::string, std::unique_ptr<SpeechEngine>>;

void check_settings(const SynthSettings& settings) {
  if (settings.words.empty()) fail_usage("--words: at least one keyword is needed");
  if (settings.clips_per_word < 1 || settings.clips_per_word > 100000)
    fail_usage("--clips_per_word {}: must be between 1 and 100000", settings.clips_per_word);
  if (settings.clips_per_unknown_word < 0 || settings.clips_per_unknown_word > 100000)
    fail_usage("--clips_per_unknown_word {}: must be between 0 and 100000", settings.clips_per_unknown_word);
  if (settings.background_files < 0 || settings.background_files > 1000)
    fail_usage("--background_files {}: must be between 0 and 1000", settings.background_files);
  if (!(settings.background_seconds >= 1 && settings.background_seconds <= 600))
    fail_usage("--background_seconds {}: must be between 1 and 600", settings.background_seconds);
  if (!(settings.validation_percentage >= 0 && settings.testing_percentage >= 0 &&
        settings.validation_percentage + settings.testing_percentage < 100)) {
    fail_usage("--validation_percentage {} and --testing_percentage {}: must not be negative and leave something for training",
               settings.validation_percentage, settings.testing_percentage);
  }
  if (settings.sample_rate_hz < 4000 || settings.sample_rate_hz > 96000)
    fail_usage("--sample_rate {}: must be between 4000 and 96000", settings.sample_rate_hz);
  if (settings.clip_samples < settings.sample_rate_hz / 5 || settings.clip_samples > 30 * settings.sample_rate_hz) {
    fail_usage("--clip_duration_ms {}: must be between 200 and 30000", 1000.0 * settings.clip_samples / settings.sample_rate_hz);
  }
}

/// The engines that were asked for, or all that are installed.
Engines choose_engines(const SynthSettings& settings) {
  Engines chosen;
  std::string known, packages, missing;
  auto append = [](std::string& list, const std::string& item) { (list += list.empty() ? "" : ", ") += item; };
  for (auto& engine : speech_engines()) {
    append(known, engine->name());
    append(packages, engine->package());
    const bool is_wanted =
        settings.engines.empty() || std::find(settings.engines.begin(), settings.engines.end(), engine->name()) != settings.engines.end();
    if (!is_wanted) continue;
    if (engine->is_available())
      chosen.emplace(engine->name(), std::move(engine));
    else if (settings.engines.empty())
      append(missing, engine->package());
    else
      fail_data("the speech engine {} is not installed: install the Debian package {}", engine->name(), engine->package());
  }
  for (const std::string& name : settings.engines) {
    if (!chosen.contains(name)) fail_usage("--engines: '{}' is no speech engine that qmn knows (there are {})", name, known);
  }
  if (chosen.empty()) fail_data("no speech engine is installed: install at least one of the Debian packages {}", packages);
  if (!missing.empty() && !settings.is_quiet)
    fmt::print(stderr, "qmn: {} alone speaks; more voices with the Debian package {}\n", chosen.begin()->first, missing);
  return chosen;
}

VoiceSplits choose_voices(const SynthSettings& settings, const Engines& engines) {
  std::vector<Voice> voices;
  for (const auto& [name, engine] : engines) {
    const std::vector<Voice> of_engine = engine->voices();
    if (of_engine.empty())
      fail_data("the speech engine {} lists no voices: its installation is broken (Debian package {})", name, engine->package());
    voices.insert(voices.end(), of_engine.begin(), of_engine.end());
  }
  VoiceSplits splits = split_voices(voices, settings.validation_percentage, settings.testing_percentage, settings.seed);
  const std::array<double, 3> percentages{100, settings.validation_percentage, settings.testing_percentage};
  for (std::size_t split = 0; split < splits.size(); ++split) {
    if (percentages[split] > 0 && splits[split].empty()) {
      fail_data("too few voices ({}) to give the {} split some of its own: install another speech engine", voices.size(),
                split_name(static_cast<Split>(split)));
    }
  }
  return splits;
}

/// An engine says nothing of why it failed. Throws Error (data) where a file of its size cannot be written, for then it is the disk.
void check_space(const fs::path& scratch) {
  constexpr std::size_t kSpokenBytes = 256 * 1024;
  write_file_atomic(scratch, std::string(kSpokenBytes, '\0'));
  std::error_code ignored;
  fs::remove(scratch, ignored);
}

/// Makes the sounds of one data set. Its functions may run on several threads at once.
class Studio {
 public:
  Studio(const SynthSettings& settings, const Engines& engines, fs::path scratch_folder)
      : settings_(settings), engines_(engines), scratch_folder_(std::move(scratch_folder)) {}

  /// One clip as it is written; nothing when the engine failed.
  std::optional<std::vector<float>> render(const PlannedClip& clip, std::span<const float> babble) const {
    Random random{settings_.seed, kRender, clip.word_key, clip.index};
    const auto length = static_cast<std::size_t>(settings_.clip_samples);
    const auto sound = speak(clip.voice, clip.text, random, length);
    if (!sound) return std::nullopt;
    const std::size_t room_left = length - std::min(length, sound->size());
    std::vector<float> samples = place(*sound, length, random.uniform_int(room_left + 1));
    const double sound_rms = rms(*sound);
    if (random.uniform() < 0.5) {
      const double decay_ms = random.uniform(60, 400), direct_to_reverberant_db = random.uniform(0, 12);
      samples = apply_room(samples, make_room(decay_ms, direct_to_reverberant_db, settings_.sample_rate_hz, random));
    }
    if (random.uniform() < 0.75) {
      const double snr_db = random.uniform(5, 30);
      const std::uint64_t kind = random.uniform_int(4);
      if (kind == 3)
        add_noise(samples, babble, random.uniform_int(babble.size()), sound_rms, snr_db);
      else
        add_noise(samples, make_noise(static_cast<NoiseColor>(kind), length, random), 0, sound_rms, snr_db);
    }
    scale_to_peak(samples, std::pow(10.0, random.uniform(-18, -1) / 20));
    return samples;
  }

  /// Many voices at once, RMS 1; its end joins its beginning.
  std::vector<float> babble(const std::vector<Voice>& voices, Split split) const {
    std::vector<std::optional<std::vector<float>>> sounds(kBabbleTalkers);
    const auto length = static_cast<std::size_t>(kBabbleSeconds * settings_.sample_rate_hz);
    parallel_for(kBabbleTalkers, [&](std::size_t talker) {
      Random random{settings_.seed, kBabble, static_cast<std::uint64_t>(split), talker};
      const Voice& voice = voices[random.uniform_int(voices.size())];
      sounds[talker] = speak(voice, common_words()[random.uniform_int(common_words().size())], random, length);
    });
    std::vector<float> mixed(length, 0.0f);
    Random random{settings_.seed, kBabble, static_cast<std::uint64_t>(split), kBabbleTalkers};
    for (std::size_t turn = 0; turn < 2 * kBabbleTalkers; ++turn) {
      const auto& sound = sounds[turn % kBabbleTalkers];
      const std::size_t offset = random.uniform_int(length);
      const double gain = random.uniform(0.3, 1.0);
      if (!sound) continue;
      const double level = rms(*sound);
      for (std::size_t at = 0; at < sound->size(); ++at) mixed[(offset + at) % length] += static_cast<float>(gain / level * (*sound)[at]);
    }
    const double level = rms(mixed);
    if (level == 0) return make_noise(NoiseColor::pink, length, random);
    for (float& sample : mixed) sample = static_cast<float>(sample / level);
    return mixed;
  }

  /// A recording for _background_noise_ and its name.
  std::pair<std::string, std::vector<float>> background(int index, std::span<const float> babble) const {
    constexpr std::array<const char*, 4> kNames{"white_noise", "pink_noise", "brown_noise", "hum_and_babble"};
    Random random{settings_.seed, kBackground, static_cast<std::uint64_t>(index)};
    const auto count = static_cast<std::size_t>(settings_.background_seconds * settings_.sample_rate_hz);
    const int kind = index % 4;
    std::vector<float> samples =
        kind < 3 ? make_noise(static_cast<NoiseColor>(kind), count, random) : make_hum(count, settings_.sample_rate_hz, random);
    if (kind == 3) add_noise(samples, babble, random.uniform_int(babble.size()), 1, -3);
    float peak = 0;
    for (float sample : samples) peak = std::max(peak, std::abs(sample));
    scale_to_peak(samples, std::min(kBackgroundPeak, peak * kBackgroundRms / rms(samples)));
    return {index < 4 ? std::string(kNames[static_cast<std::size_t>(kind)])
                      : fmt::format("{}_{}", kNames[static_cast<std::size_t>(kind)], index / 4 + 1),
            std::move(samples)};
  }

 private:
  /// The bare utterance at a drawn speed and pitch, without the silence around it. What is longer than `longest` is said faster, then cut.
  std::optional<std::vector<float>> speak(const Voice& voice, const std::string& text, Random& random, std::size_t longest) const {
    constexpr int kTries = 3;
    constexpr double kFastest = 2.5;
    const auto margin = static_cast<std::size_t>(kTrimMarginMs * settings_.sample_rate_hz / 1000);
    Utterance utterance{text, random.uniform(0.8, 1.25), random.uniform(-0.7, 0.7)};
    const double tape_speed = random.uniform(0.93, 1.07);
    const fs::path scratch = scratch_folder_ / fmt::format("{}.wav", ++scratch_count_);
    std::optional<std::vector<float>> sound;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const std::optional<Audio> spoken = engines_.at(voice.engine)->speak(voice, utterance, settings_.sample_rate_hz, scratch);
      std::error_code ignored;
      fs::remove(scratch, ignored);
      if (!spoken) {
        check_space(scratch);
        return std::nullopt;
      }
      sound = change_speed(trim_silence(spoken->samples, kTrimDb, margin), tape_speed);
      if (sound->size() <= longest || utterance.speed >= kFastest) break;
      utterance.speed = std::min(kFastest, 1.05 * utterance.speed * static_cast<double>(sound->size()) / static_cast<double>(longest));
    }
    if (sound->size() > longest) sound->resize(longest);
    return sound;
  }

  const SynthSettings& settings_;
  const Engines& engines_;
  fs::path scratch_folder_;
  mutable std::atomic<std::uint64_t> scratch_count_{0};
};

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail_data("{}: cannot create the folder: {}", path.string(), error.message());
}

/// What made the data set, for people and for AtomicFolder, which replaces only folders that hold this file.
std::string marker_text(const SynthSettings& settings, const std::vector<std::string>& unknown_words, const Engines& engines,
                        const VoiceSplits& voices, const SynthResult& result) {
  nlohmann::ordered_json marker;
  marker["made_by"] = "qmn data synth";
  marker["words"] = settings.words;
  marker["unknown_words"] = unknown_words;
  marker["clips_per_word"] = settings.clips_per_word;
  marker["clips_per_unknown_word"] = settings.clips_per_unknown_word;
  marker["validation_percentage"] = settings.validation_percentage;
  marker["testing_percentage"] = settings.testing_percentage;
  marker["sample_rate_hz"] = settings.sample_rate_hz;
  marker["clip_samples"] = settings.clip_samples;
  marker["seed"] = settings.seed;
  for (const auto& [name, engine] : engines) marker["engines"][name] = engine->version();
  for (std::size_t split = 0; split < voices.size(); ++split)
    marker["voices"][split_name(static_cast<Split>(split))] = voices[split].size();
  marker["clips"] = result.clip_count;
  marker["failed"] = result.failed_count;
  return marker.dump(2) + '\n';
}

}  // namespace

SynthResult synthesize_dataset(const fs::path& folder, const SynthSettings& settings) {
  check_settings(settings);
  const std::vector<std::string> unknown_words =
      settings.clips_per_unknown_word > 0 ? choose_unknown_words(settings) : std::vector<std::string>();
  const Engines engines = choose_engines(settings);
  const VoiceSplits voices = choose_voices(settings, engines);
  const std::vector<PlannedClip> clips = plan_clips(settings, unknown_words, voices);

  AtomicFolder output(folder, kMarker);
  const fs::path scratch = output.path() / ".speech";
  make_folder(scratch);
  for (const PlannedClip& clip : clips) make_folder((output.path() / clip.file).parent_path());
  const Studio studio(settings, engines, scratch);
  std::array<std::vector<float>, 3> babble;
  for (std::size_t split = 0; split < babble.size(); ++split) {
    if (!voices[split].empty()) babble[split] = studio.babble(voices[split], static_cast<Split>(split));
  }

  std::vector<char> is_spoken(clips.size(), 0);
  std::mutex progress_lock;
  std::uint64_t done = 0;
  Progress progress("synthesizing clips", clips.size(), settings.is_quiet);
  parallel_for(clips.size(), [&](std::size_t at) {
    const PlannedClip& clip = clips[at];
    if (const auto samples = studio.render(clip, babble[static_cast<std::size_t>(clip.split)])) {
      write_wav(output.path() / clip.file, *samples, settings.sample_rate_hz);
      is_spoken[at] = 1;
    }
    const std::lock_guard guard(progress_lock);
    progress.update(++done);
  });
  std::error_code ignored;
  fs::remove_all(scratch, ignored);

  SynthResult result;
  std::array<std::string, 3> lists;
  std::map<std::string, std::int64_t> clips_of_word;
  for (std::size_t at = 0; at < clips.size(); ++at) {
    clips_of_word[clips[at].text] += is_spoken[at];
    ++(is_spoken[at] != 0 ? result.clip_count : result.failed_count);
    if (is_spoken[at] != 0) lists[static_cast<std::size_t>(clips[at].split)] += clips[at].file + '\n';
  }
  for (const auto& [word, count] : clips_of_word) {
    if (count == 0) fail_data("no speech engine could say '{}': drop or respell the word", word);
  }
  for (const auto& of_split : voices) result.voice_count += static_cast<std::int64_t>(of_split.size());

  if (settings.background_files > 0) make_folder(output.path() / "_background_noise_");
  for (int index = 0; index < settings.background_files; ++index) {
    const auto [name, samples] = studio.background(index, babble[static_cast<std::size_t>(Split::training)]);
    write_wav(output.path() / "_background_noise_" / (name + ".wav"), samples, settings.sample_rate_hz);
  }
  write_file_atomic(output.path() / "validation_list.txt", lists[static_cast<std::size_t>(Split::validation)]);
  write_file_atomic(output.path() / "testing_list.txt", lists[static_cast<std::size_t>(Split::testing)]);
  write_file_atomic(output.path() / kMarker, marker_text(settings, unknown_words, engines, voices, result));
  output.commit();
  progress.finish(fmt::format("{} written, {} not spoken, {} voices", result.clip_count, result.failed_count, result.voice_count));
  return result;
}

std::vector<std::string> synthesized_words(const fs::path& folder) {
  if (!fs::is_regular_file(folder / kMarker)) return {};
  const nlohmann::json marker = nlohmann::json::parse(read_file(folder / kMarker, kMaxMarkerBytes), nullptr, false);
  std::vector<std::string> words;
  try {
    for (const std::string& word : marker.at("words").get<std::vector<std::string>>()) words.push_back(word_folder(word));
  } catch (const nlohmann::json::exception&) {
    fail_data("{}: damaged: it does not say which words were synthesized; give them by --words", (folder / kMarker).string());
  }
  return words;
}

}  // namespace qmn
