// SPDX-License-Identifier: Apache-2.0
// The option groups that commands share: what flags, environment and model make of settings.
#include "base/error.h"
#include "base/file.h"
#include "cli/common.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <optional>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

/// QMN_SPEECH_COMMANDS for the duration of a test; nullptr: not set.
class ScopedVariable {
 public:
  explicit ScopedVariable(const char* value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    value != nullptr ? ::setenv(kName, value, 1) : ::unsetenv(kName);
  }
  ~ScopedVariable() { before_ ? ::setenv(kName, before_->c_str(), 1) : ::unsetenv(kName); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  static constexpr const char* kName = "QMN_SPEECH_COMMANDS";
  std::optional<std::string> before_;
};

template <class Options>
Options parse(std::vector<std::string> arguments) {
  Options options;
  CLI::App app;
  options.add(app);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  return options;
}

/// "2: message"
std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return fmt::format("{}: {}", error.exit_code(), error.what());
  }
  return "no error";
}

void expect_error(const std::function<void()>& action, const std::vector<std::string>& parts) {
  const std::string error = error_of(action);
  for (const std::string& part : parts) EXPECT_NE(error.find(part), std::string::npos) << error << " lacks " << part;
}

Metadata model_of(std::vector<std::string> words) {
  Metadata model;
  model.labels = {kSilenceLabel, kUnknownLabel};
  model.labels.insert(model.labels.end(), words.begin(), words.end());
  return model;
}

TEST(SplitList, TrimsItemsAndRefusesEmptyOrRepeatedOnes) {
  EXPECT_EQ(split_list(" yes, hey computer ,no", "--words"), (std::vector<std::string>{"yes", "hey computer", "no"}));
  expect_error([] { split_list("", "--words"); }, {"2: ", "--words"});
  expect_error([] { split_list("a,b,", "--words"); }, {"2: ", "empty item"});
  expect_error([] { split_list("a,b,a", "--words"); }, {"2: ", "'a' is listed twice"});
}

TEST(DataOptions, ASynthesizedFolderBringsItsWords) {
  const TemporaryFolder folder;
  const auto words_for = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data", folder.path().string()});
    return parse<DataOptions>(arguments).resolve(nullptr).wanted_words;
  };
  EXPECT_EQ(words_for({}).size(), 10u) << "any other folder has the ten classic words";
  const fs::path marker = folder.path() / "qmn-synth.json";
  write_file_atomic(marker, R"({"words": ["hey computer", "stop"]})");
  EXPECT_EQ(words_for({}), (std::vector<std::string>{"hey_computer", "stop"}));
  EXPECT_EQ(words_for({"--words", "stop"}), std::vector<std::string>{"stop"});
  write_file_atomic(marker, "{");
  expect_error([&] { words_for({}); }, {"1: ", marker.string(), "--words"});
}

TEST(DataOptions, TheFlagGoesBeforeTheVariableBeforeTheModel) {
  const TemporaryFolder flag, variable, note;
  Metadata model;
  model.notes[kDataFolderNote] = note.path().string();
  {
    const ScopedVariable set(variable.path().c_str());
    EXPECT_EQ(parse<DataOptions>({"--data_dir", flag.path().string()}).resolve_folder(&model), flag.path());
    EXPECT_EQ(parse<DataOptions>({}).resolve_folder(&model), variable.path());
  }
  const ScopedVariable unset(nullptr);
  EXPECT_EQ(parse<DataOptions>({}).resolve_folder(&model), note.path());
}

TEST(DataOptions, AFolderThatIsNotThereIsNamedWithItsOrigin) {
  expect_error([] { parse<DataOptions>({"--data", "/no/such"}).resolve_folder(); }, {"1: ", "/no/such", "--data"});
  {
    const ScopedVariable set("/no/such");
    expect_error([] { parse<DataOptions>({}).resolve_folder(); }, {"1: ", "/no/such", "QMN_SPEECH_COMMANDS"});
  }
  const ScopedVariable unset(nullptr);
  if (fs::exists("/tmp/speech_dataset")) GTEST_SKIP() << "the classic data folder stands on this machine";
  Metadata model;
  model.notes[kDataFolderNote] = "/no/such";
  expect_error([&] { parse<DataOptions>({}).resolve_folder(&model); }, {"1: ", "--data", "QMN_SPEECH_COMMANDS", "/tmp/speech_dataset"});
}

TEST(DataOptions, TheWordsOfAModelHoldAndContradictionsAreRefused) {
  const TemporaryFolder folder;
  const Metadata model = model_of({"yes", "no"});
  const std::string data = folder.path().string();
  EXPECT_EQ(parse<DataOptions>({"--data", data}).resolve(&model).wanted_words, (std::vector<std::string>{"yes", "no"}));
  EXPECT_EQ(parse<DataOptions>({"--data", data, "--wanted_words", "yes,no"}).resolve(&model).wanted_words.size(), 2u);
  expect_error([&] { parse<DataOptions>({"--data", data, "--words", "no,yes"}).resolve(&model); }, {"2: ", "no,yes", "yes,no"});
  EXPECT_EQ(parse<DataOptions>({"--data", data}).resolve().wanted_words.size(), 10u);
  EXPECT_EQ(parse<DataOptions>({"--data", data, "--words", "go"}).resolve().wanted_words, std::vector<std::string>{"go"});
}

TEST(FrontEndOptions, MillisecondsBecomeSamples) {
  const auto settings = parse<FrontEndOptions>({"--window_size_ms", "30", "--window_stride_ms", "10", "--dct_coefficient_count", "13",
                                                "--clip_duration_ms", "1500"})
                            .resolve();
  EXPECT_EQ(settings.window_samples, 480);
  EXPECT_EQ(settings.hop_samples, 160);
  EXPECT_EQ(settings.coefficient_count, 13);
  EXPECT_EQ(settings.clip_samples, 24000);
  EXPECT_EQ(parse<FrontEndOptions>({}).resolve(), FrontEndSettings{});
}

TEST(FrontEndOptions, AnotherRateKeepsTheMilliseconds) {
  const auto settings = parse<FrontEndOptions>({"--sample_rate", "8000"}).resolve();
  EXPECT_EQ(settings.sample_rate_hz, 8000);
  EXPECT_EQ(settings.window_samples, 320);
  EXPECT_EQ(settings.hop_samples, 160);
  EXPECT_EQ(settings.clip_samples, 8000);
}

TEST(FrontEndOptions, LengthsComeBackFromMillisecondsAsTheSamplesThatTheyWere) {
  for (const int rate : {8000, 11025, 16000, 22050, 44100, 48000}) {
    for (int window = 2; window <= 2000; ++window) {
      FrontEndSettings defaults;
      defaults.sample_rate_hz = defaults.clip_samples = rate;
      defaults.window_samples = defaults.hop_samples = window;
      const FrontEndSettings settings = FrontEndOptions{}.resolve(defaults);
      ASSERT_EQ(settings.window_samples, window) << rate;
      ASSERT_EQ(settings.clip_samples, rate);
    }
  }
}

TEST(FrontEndOptions, RefusesLengthsWithoutMeaning) {
  expect_error([] { parse<FrontEndOptions>({"--window_stride_ms", "0"}).resolve(); }, {"2: ", "--window_stride_ms"});
  expect_error([] { parse<FrontEndOptions>({"--clip_duration_ms=-5"}).resolve(); }, {"2: ", "--clip_duration_ms"});
  expect_error([] { parse<FrontEndOptions>({"--window_size_ms", "2000"}).resolve(); }, {"2: ", "--window_size_ms"});
  expect_error([] { parse<FrontEndOptions>({"--window_size_ms", "nan"}).resolve(); }, {"2: ", "--window_size_ms"});
}

TEST(FrontEndOptions, AModelKeepsItsFrontEndAndContradictionsNameBothValues) {
  FrontEndSettings model;
  model.hop_samples = 640;
  model.coefficient_shifts = {8, 5};
  EXPECT_EQ(parse<FrontEndOptions>({"--window_stride_ms", "40", "--dct_coefficient_count", "10"}).resolve_for_model(model), model);
  expect_error(
      [&] {
        parse<FrontEndOptions>({"--window_stride_ms", "20"}).resolve_for_model(model);
      },
      {"2: ", "--window_stride_ms 20", "40"});
  expect_error([&] { parse<FrontEndOptions>({"--dct_coefficient_count", "12"}).resolve_for_model(model); }, {"2: ", "12", "10"});
}

}  // namespace
}  // namespace qmn::cli
