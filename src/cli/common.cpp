// SPDX-License-Identifier: Apache-2.0
#include "cli/common.h"

#include "base/error.h"
#include "data/synth.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr const char* kDataVariable = "QMN_SPEECH_COMMANDS";
constexpr const char* kClassicDataFolder = "/tmp/speech_dataset";

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::vector<std::string> words_of(const std::vector<std::string>& labels) {
  std::vector<std::string> words;
  for (const std::string& label : labels) {
    if (label != kSilenceLabel && label != kUnknownLabel) words.push_back(label);
  }
  return words;
}

void check_percentage(const char* flag, double value, double limit) {
  if (!(value >= 0 && value <= limit)) fail_usage("{} {}: must be between 0 and {}", flag, value, limit);
}

double milliseconds(int samples, int sample_rate_hz) { return 1000.0 * samples / sample_rate_hz; }

/// The classic conversion drops the fraction of a sample; a hair is added so that 1000·samples/rate comes back as the same count.
int samples(double ms, int sample_rate_hz, const char* flag) {
  const double count = std::floor(ms * sample_rate_hz / 1000.0 + 1e-6);
  if (!(count >= 1 && count <= 1e8)) fail_usage("{} {}: must be at least one sample and at most 10^8 of them", flag, ms);
  return static_cast<int>(count);
}

template <class Value>
void refuse_contradiction(const char* flag, const std::optional<Value>& given, double trained) {
  if (given && std::abs(static_cast<double>(*given) - trained) > 1e-6) {
    fail_usage("{} {} contradicts the model, which was made with {}: leave the flag out, or train a model with that value", flag, *given,
               trained);
  }
}

}  // namespace

void OutputOptions::add(CLI::App& command) {
  command.add_flag("--quiet,-q", is_quiet, "No progress lines and notices");
  command.add_flag("--json", is_json, "Print one JSON object instead of text");
}

void print_json(const nlohmann::json& object) {
  const std::string line = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

void SeedOption::add(CLI::App& command, const std::string& what) {
  command.add_option("--seed", seed, "Seed of " + what)->capture_default_str();
}

std::vector<std::string> split_list(std::string_view text, const std::string& flag) {
  std::vector<std::string> items;
  for (;;) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item.empty()) fail_usage("{}: an empty item in the list; write it as a,b,c", flag);
    if (std::find(items.begin(), items.end(), item) != items.end()) fail_usage("{}: '{}' is listed twice", flag, item);
    items.emplace_back(item);
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

void DataOptions::add(CLI::App& command) {
  constexpr const char* kGroup = "Data set";
  command
      .add_option("--data,--data_dir", folder,
                  fmt::format("Folder in the Speech Commands layout (default: ${}, the folder that the model remembers, {}); of nets that take no sound: arrays or pictures", kDataVariable,
                              kClassicDataFolder))
      ->type_name("PATH")
      ->group(kGroup);
  command
      .add_option("--words,--wanted_words", words,
                  "Keywords, separated by commas (default: those of the model or of qmn data synth, else yes,no,up,down,left,right,on,off,stop,go)")
      ->type_name("LIST")
      ->group(kGroup);
  command.add_option("--silence_percentage", silence_percentage, "Clips of silence, in percent of the keyword clips (default 10)")
      ->group(kGroup);
  command.add_option("--unknown_percentage", unknown_percentage, "Clips of other words, in percent of the keyword clips (default 10)")
      ->group(kGroup);
  command
      .add_option("--validation_percentage", validation_percentage,
                  "Speakers (of arrays and pictures: files) for validation where no list or name says so (default 10)")
      ->group(kGroup);
  command
      .add_option("--testing_percentage", testing_percentage, "Likewise for testing (default 10)")
      ->group(kGroup);
  command.add_flag("--strict", is_strict, "Refuse broken, stereo and other-rate files instead of skipping or converting them")
      ->group(kGroup);
}

fs::path DataOptions::resolve_folder(const Metadata* model) const {
  if (!folder.empty()) {
    if (!is_folder(folder)) fail_data("{}: no such folder (--data)", folder);
    return folder;
  }
  if (const char* variable = std::getenv(kDataVariable); variable != nullptr && *variable != '\0') {
    if (!is_folder(variable)) fail_data("{}: no such folder (environment variable {})", variable, kDataVariable);
    return variable;
  }
  if (model != nullptr) {
    const auto note = model->notes.find(kDataFolderNote);
    if (note != model->notes.end() && is_folder(note->second)) return note->second;
  }
  if (is_folder(kClassicDataFolder)) return kClassicDataFolder;
  fail_data("no data set: give --data DIR, set {}, or unpack one to {} (qmn data synth makes one from speech synthesis)", kDataVariable,
            kClassicDataFolder);
}

DataOptions::SplitPercentages DataOptions::split_percentages() const {
  const DatasetSettings defaults;
  const SplitPercentages shares{validation_percentage.value_or(defaults.validation_percentage), testing_percentage.value_or(defaults.testing_percentage)};
  check_percentage("--validation_percentage", shares.validation, 100);
  check_percentage("--testing_percentage", shares.testing, 100);
  if (shares.validation + shares.testing >= 100) fail_usage("--validation_percentage {} and --testing_percentage {}: nothing is left for training", shares.validation, shares.testing);
  return shares;
}

DatasetSettings DataOptions::resolve(const Metadata* model) const {
  DatasetSettings settings;
  settings.is_strict = is_strict;
  settings.silence_percentage = silence_percentage.value_or(settings.silence_percentage);
  settings.unknown_percentage = unknown_percentage.value_or(settings.unknown_percentage);
  const auto [validation, testing] = split_percentages();
  settings.validation_percentage = validation;
  settings.testing_percentage = testing;
  check_percentage("--silence_percentage", settings.silence_percentage, 1000);
  check_percentage("--unknown_percentage", settings.unknown_percentage, 1000);
  settings.folder = resolve_folder(model);
  if (words) settings.wanted_words = split_list(*words, "--words");
  else if (const std::vector<std::string> spoken = synthesized_words(settings.folder); !spoken.empty()) settings.wanted_words = spoken;
  for (const std::string& word : settings.wanted_words) {
    if (word.front() == '_' || word.front() == '.' || word.find('/') != std::string::npos)
      fail_usage("--words: '{}' cannot be a keyword: it must be the name of a word folder", word);
  }
  if (model != nullptr) {
    const std::vector<std::string> trained = words_of(model->labels);
    if (words && !trained.empty() && trained != settings.wanted_words) {
      fail_usage("--words {} contradicts the model, which knows {}: leave the flag out, or train a model with those words",
                 fmt::join(settings.wanted_words, ","), fmt::join(trained, ","));
    }
    if (!trained.empty()) settings.wanted_words = trained;
  }
  return settings;
}

void FrontEndOptions::add(CLI::App& command) {
  constexpr const char* kGroup = "Front end";
  command.add_option("--sample_rate", sample_rate, "Samples a second (default 16000)")->group(kGroup);
  command.add_option("--clip_duration_ms", clip_duration_ms, "Length of a clip in ms (default 1000)")->group(kGroup);
  command.add_option("--window_size_ms", window_size_ms, "Length of a spectrogram frame in ms (default 40)")->group(kGroup);
  command.add_option("--window_stride_ms", window_stride_ms, "From one frame to the next in ms (default: 40 for dnn, else 20)")
      ->group(kGroup);
  command.add_option("--dct_coefficient_count", coefficient_count, "MFCC coefficients of a frame (default 10)")->group(kGroup);
}

FrontEndSettings FrontEndOptions::resolve(const FrontEndSettings& defaults) const {
  FrontEndSettings settings = defaults;
  settings.sample_rate_hz = sample_rate.value_or(defaults.sample_rate_hz);
  if (settings.sample_rate_hz < 1000 || settings.sample_rate_hz > 192000)
    fail_usage("--sample_rate {}: must be between 1000 and 192000", settings.sample_rate_hz);
  auto length = [&](const std::optional<double>& given, int default_samples, const char* flag) {
    return samples(given.value_or(milliseconds(default_samples, defaults.sample_rate_hz)), settings.sample_rate_hz, flag);
  };
  settings.clip_samples = length(clip_duration_ms, defaults.clip_samples, "--clip_duration_ms");
  settings.window_samples = length(window_size_ms, defaults.window_samples, "--window_size_ms");
  settings.hop_samples = length(window_stride_ms, defaults.hop_samples, "--window_stride_ms");
  settings.coefficient_count = coefficient_count.value_or(defaults.coefficient_count);
  if (settings.coefficient_count != defaults.coefficient_count) settings.coefficient_shifts.clear();
  check_front_end(settings);
  return settings;
}

FrontEndSettings FrontEndOptions::resolve_for_model(const FrontEndSettings& model) const {
  refuse_contradiction("--sample_rate", sample_rate, model.sample_rate_hz);
  refuse_contradiction("--clip_duration_ms", clip_duration_ms, milliseconds(model.clip_samples, model.sample_rate_hz));
  refuse_contradiction("--window_size_ms", window_size_ms, milliseconds(model.window_samples, model.sample_rate_hz));
  refuse_contradiction("--window_stride_ms", window_stride_ms, milliseconds(model.hop_samples, model.sample_rate_hz));
  refuse_contradiction("--dct_coefficient_count", coefficient_count, model.coefficient_count);
  return model;
}

}  // namespace qmn::cli
