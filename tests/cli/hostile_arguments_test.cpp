// SPDX-License-Identifier: Apache-2.0
// Command lines without sense: every command, with flags of its own and of others, and values that no flag means. Each ends by itself with a
// documented exit code and at most one line of error; none crashes, and none leaves a file.
#include "base/random.h"
#include "run_qmn.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <sstream>

namespace qmn {
namespace {

constexpr int kLinesPerCommand = 12;

/// Words of the help that begin with "--".
std::vector<std::string> flags_of(const std::string& help) {
  std::vector<std::string> flags;
  for (std::size_t at = help.find("--"); at != std::string::npos; at = help.find("--", at + 2)) {
    const std::size_t end = help.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-", at);
    if (end > at + 2) flags.push_back(help.substr(at, end - at));
  }
  return flags;
}

class HostileArguments : public ::testing::TestWithParam<const char*> {};

TEST_P(HostileArguments, EndInOneLine) {
  const TemporaryFolder folder;
  const auto before = std::distance(std::filesystem::directory_iterator(folder.path()), {});
  std::vector<std::string> command;
  std::istringstream words{std::string(GetParam())};
  for (std::string word; words >> word;) command.push_back(word);
  std::vector<std::string> with_help = command;
  with_help.push_back("--help");
  const std::vector<std::string> flags = flags_of(run_qmn(with_help).out);
  ASSERT_GE(flags.size(), 2U);
  const std::string missing = (folder.path() / "missing").string();
  const std::vector<std::string> values = {"",     "-1",  "0",   "nan",        "1e999",      "999999999999999999999", "0x10", "--",  "=",
                                           "\x1b[31m", "\n", "\xff\xfe", "ünïcödé", missing, missing + "/deeper", "/dev/null", "1,2,,3", std::string(5000, 'a')};
  Random random({31, command.size(), flags.size()});
  for (int i = 0; i < kLinesPerCommand; ++i) {
    std::vector<std::string> line = command;
    for (std::uint64_t count = 1 + random.uniform_int(4); count > 0; --count) {
      if (random.uniform_int(3) != 0) line.push_back(flags[random.uniform_int(flags.size())]);
      line.push_back(values[random.uniform_int(values.size())]);
    }
    line.push_back("--no_such_flag");  // so that none of them may start to work
    const ProcessResult result = run_qmn(line);
    SCOPED_TRACE(fmt::format("{}", line));
    EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 1 || result.exit_code == 2) << result.exit_code;
    if (result.exit_code == 0) {
      EXPECT_NE(result.out.find("Usage:"), std::string::npos);  // --help stood among them
    } else {
      EXPECT_TRUE(result.err.starts_with("qmn: ")) << result.err;
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
      EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << result.err;
    }
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), before);
}

INSTANTIATE_TEST_SUITE_P(Commands, HostileArguments,
                         ::testing::Values("data info", "data synth", "import", "train", "info", "quantize", "ablation", "finetune", "eval", "export", "run", "bench", "quant_test", "sensitivity",
                                           "report", "init", "doctor", "completion"));

}  // namespace
}  // namespace qmn
