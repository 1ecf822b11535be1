// SPDX-License-Identifier: Apache-2.0
// tests/quantize/cli_fixture.h   The program qmn on a tiny data set and an untrained net, for tests of commands.
#pragma once

#include "audio/wav.h"
#include "base/file.h"
#include "base/random.h"
#include "base/subprocess.h"
#include "formats/onnx_format.h"
#include "models/models.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace qmn::testing {

/// A data set of two words, tones of 1 s, 20 training, 6 validation and 6 test clips each; a DNN for it. Made once for all tests of a suite.
class CliTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    ::setenv("QMN_CACHE_DIR", (folder() / "cache").c_str(), 1);
    make_data(data());
    write_model(dnn(), checkpoint());
  }
  static void TearDownTestSuite() {
    ::unsetenv("QMN_CACHE_DIR");
    delete folder_;
    folder_ = nullptr;
  }

  static std::filesystem::path folder() { return folder_->path(); }
  static std::filesystem::path data() { return folder() / "data"; }
  static std::filesystem::path checkpoint() { return folder() / "dnn.onnx"; }

  static Model dnn() {
    Model model;
    model.metadata.architecture = "dnn";
    model.metadata.size_info = {16, 16};
    model.metadata.labels = {"_silence_", "_unknown_", "low", "high"};
    model.metadata.front_end = published_front_end("dnn");
    model.graph = build_model("dnn", model.metadata.size_info, model.metadata.front_end, 4, 1);
    return model;
  }

  /// qmn with arguments, in the suite's folder.
  static ProcessResult qmn(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QMN_PROGRAM);
    return run_process(arguments, {.input = {}, .folder = folder()});
  }
  /// One line on standard error that holds every part, and the exit code.
  static void expect_error(const ProcessResult& result, int exit_code, const std::vector<std::string>& parts) {
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    for (const std::string& part : parts) EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  }

 private:
  static void make_data(const std::filesystem::path& root) {
    Random random({1});
    std::string validation, testing;
    const auto tone = [&](double hz, double noise) {
      std::vector<float> samples(16000);
      for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<float>((hz > 0 ? 0.3 * std::sin(2 * 3.14159265 * hz * static_cast<double>(i) / 16000) : 0) + noise * random.normal());
      }
      return samples;
    };
    for (const auto& [word, hz] : {std::pair{"low", 300.0}, std::pair{"high", 1500.0}, std::pair{"other", 800.0}}) {
      std::filesystem::create_directories(root / word);
      for (int clip = 0; clip < 32; ++clip) {
        const std::string name = fmt::format("{}/{:08x}_nohash_0.wav", word, clip);
        write_wav(root / name, tone(hz * random.uniform(0.8, 1.2), 0.02), 16000);
        if (clip >= 20 && clip < 26) validation += name + "\n";
        if (clip >= 26) testing += name + "\n";
      }
    }
    std::filesystem::create_directories(root / "_background_noise_");
    write_wav(root / "_background_noise_" / "noise.wav", tone(0, 0.05), 16000);
    write_file_atomic(root / "validation_list.txt", validation);
    write_file_atomic(root / "testing_list.txt", testing);
  }

  inline static TemporaryFolder* folder_ = nullptr;
};

}  // namespace qmn::testing
