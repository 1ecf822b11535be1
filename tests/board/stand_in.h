// SPDX-License-Identifier: Apache-2.0
// tests/board/stand_in.h   The stand-ins for CMSIS-NN (tests/cmsis_nn/), compiled for a board: what an installed library is to an exported project.
#pragma once

#include "base/subprocess.h"
#include "board/board.h"
#include "emit/embedded_files.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

class StandIn {
 public:
  /// `api` is "q7" or "s8"; `board` one of board_names().
  StandIn(const std::string& api, const std::string& board, const std::vector<std::string>& flags) : include_dir_(std::filesystem::path(QMN_STAND_INS) / api) {
    const bool is_host = board == "host";
    std::vector<std::string> compile{is_host ? "cc" : "arm-none-eabi-gcc"};
    if (!is_host) append_words(compile, flags_of_board(board));
    for (const char* flag : {"-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffunction-sections", "-c"}) compile.emplace_back(flag);
    compile.insert(compile.end(), flags.begin(), flags.end());
    compile.push_back("-I" + include_dir_.string());
    std::vector<std::string> archive{is_host ? "ar" : "arm-none-eabi-ar", "rcs", library().string()};
    for (const auto& file : std::filesystem::directory_iterator(include_dir_)) {
      if (file.path().extension() != ".c") continue;
      compile.push_back(file.path().string());
      archive.push_back(file.path().stem().string() + ".o");
    }
    const ProcessResult compiled = run_process(compile, {.input = {}, .folder = folder_.path()});
    EXPECT_EQ(compiled.exit_code, 0) << compiled.err;
    const ProcessResult archived = run_process(archive, {.input = {}, .folder = folder_.path()});
    EXPECT_EQ(archived.exit_code, 0) << archived.err;
  }
  std::filesystem::path library() const { return folder_.path() / "libstand_in.a"; }
  const std::filesystem::path& include_dir() const { return include_dir_; }
  CmsisNn place() const { return {include_dir_.string(), library().string()}; }

 private:
  /// What the board's toolchain file passes to the compiler.
  static std::string flags_of_board(const std::string& board) {
    constexpr std::string_view kStart = "CMAKE_C_FLAGS_INIT \"";
    const std::string text(embedded_files().at("boards/" + board + "/toolchain.cmake"));
    const std::size_t at = text.find(kStart) + kStart.size();
    return text.substr(at, text.find('"', at) - at);
  }
  static void append_words(std::vector<std::string>& words, const std::string& text) {
    std::istringstream stream(text);
    for (std::string word; stream >> word;) words.push_back(word);
  }

  TemporaryFolder folder_;
  std::filesystem::path include_dir_;
};

}  // namespace qmn
