// SPDX-License-Identifier: Apache-2.0
// cli/common.h   Option groups that several commands share. Each has add(), which declares its flags, and resolve(), which turns what was
// given into settings and throws Error (usage) for values without meaning. The classic flag names are aliases.
#pragma once

#include "data/dataset.h"
#include "metadata/metadata.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qmn::cli {

/// --quiet, --json
struct OutputOptions {
  bool is_quiet = false;  ///< no progress lines, no notices
  bool is_json = false;   ///< one JSON object on standard output and nothing else there
  void add(CLI::App& command);
};

/// The one line of output of a --json run. File names that are no UTF-8 are printed with replacement characters.
void print_json(const nlohmann::json& object);

/// --seed
struct SeedOption {
  std::uint64_t seed = 1;
  void add(CLI::App& command, const std::string& what);  ///< `what` it decides, for the help
};

/// "yes, no,up" → {"yes", "no", "up"}. Error (usage), naming the flag: an empty or repeated item.
std::vector<std::string> split_list(std::string_view text, const std::string& flag);

/// --data DIR (--data_dir), --words LIST (--wanted_words), --silence_percentage, --unknown_percentage, --validation_percentage,
/// --testing_percentage, --strict
struct DataOptions {
  std::string folder;
  std::optional<std::string> words;
  std::optional<double> silence_percentage, unknown_percentage, validation_percentage, testing_percentage;
  bool is_strict = false;
  void add(CLI::App& command);

  /// Where the data set lies: --data, else QMN_SPEECH_COMMANDS, else the folder that the model's note "data_folder" remembers if it still
  /// stands, else /tmp/speech_dataset. Error (data), naming all of these ways, when none exists.
  std::filesystem::path resolve_folder(const Metadata* model = nullptr) const;
  /// Without a model: the words of the flag or the ten classic ones. With one: its own words; a flag that says otherwise is an Error
  /// (usage).
  DatasetSettings resolve(const Metadata* model = nullptr) const;
  struct SplitPercentages {
    double validation, testing;
  };
  /// Of examples that nothing else puts into a split. Error (usage): nothing is left for training.
  SplitPercentages split_percentages() const;
};

/// The note of Metadata::notes that DataOptions looks at.
inline constexpr const char* kDataFolderNote = "data_folder";

/// --sample_rate, --clip_duration_ms, --window_size_ms, --window_stride_ms, --dct_coefficient_count
struct FrontEndOptions {
  std::optional<int> sample_rate, coefficient_count;
  std::optional<double> clip_duration_ms, window_size_ms, window_stride_ms;
  void add(CLI::App& command);

  /// For a new model: `defaults` with what the flags change. Lengths that no flag names keep their milliseconds when the rate changes.
  FrontEndSettings resolve(const FrontEndSettings& defaults = {}) const;
  /// For an existing model: its own settings; a flag that says otherwise is an Error (usage) naming both values.
  FrontEndSettings resolve_for_model(const FrontEndSettings& model) const;
};

}  // namespace qmn::cli
