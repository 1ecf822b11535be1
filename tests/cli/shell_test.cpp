// SPDX-License-Identifier: Apache-2.0
// What is made from the commands: completion in the shells themselves, and the manual page through the programs that show it.
#include "base/file.h"
#include "run_qmn.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>

#include <sstream>

namespace qmn {
namespace {

/// The words that bash would offer behind `line`.
std::vector<std::string> bash_offers(const std::string& script, std::vector<std::string> words) {
  std::string line;
  for (const std::string& word : words) line += " '" + word + "'";
  const ProcessResult result = run_process({"bash", "-c", fmt::format("source {}; COMP_WORDS=({}); COMP_CWORD={}; _qmn; printf '%s\\n' \"${{COMPREPLY[@]}}\"", script, line, words.size() - 1)});
  EXPECT_EQ(result.err, "");
  std::vector<std::string> offers;
  std::istringstream lines(result.out);
  for (std::string offer; std::getline(lines, offer);) offers.push_back(offer);
  return offers;
}

TEST(Completion, BashOffersCommandsFlagsChoicesAndFiles) {
  const TemporaryFolder folder;
  const std::string script = (folder.path() / "qmn.bash").string();
  const ProcessResult printed = run_qmn({"completion", "bash"});
  ASSERT_EQ(printed.exit_code, 0) << printed.err;
  write_file_atomic(script, printed.out);
  using Words = std::vector<std::string>;
  EXPECT_EQ(bash_offers(script, {"qmn", "tr"}), Words{"train"});
  EXPECT_EQ(bash_offers(script, {"qmn", "data", "s"}), Words{"synth"});
  EXPECT_EQ(bash_offers(script, {"qmn", "data", "synth", "--clips_per_u"}), Words{"--clips_per_unknown_word"});
  EXPECT_EQ(bash_offers(script, {"qmn", "train", "--schedule", ""}), (Words{"steps", "one-cycle"}));
  EXPECT_EQ(bash_offers(script, {"qmn", "train", "--schedule", "o"}), Words{"one-cycle"});
  EXPECT_EQ(bash_offers(script, {"qmn", "train", "-o", (folder.path() / "qmn.b").string()}), Words{script});
  EXPECT_EQ(bash_offers(script, {"qmn", "info", (folder.path() / "qmn.b").string()}), Words{script}) << "an argument";
  EXPECT_EQ(bash_offers(script, {"qmn", "train", "--steps", ""}), Words{""}) << "a number cannot be guessed";
  EXPECT_EQ(bash_offers(script, {"qmn", "train", "--data", "data", "--siz"}), (Words{"--size", "--size_info"})) << "a value named like a command is none";
}

TEST(Completion, EveryLongFlagOfTheHelpIsInEachScript) {
  std::map<std::string, std::string> scripts;
  for (const char* shell : {"bash", "zsh", "fish"}) scripts[shell] = run_qmn({"completion", shell}).out;
  const std::string help = run_qmn({"quantize", "--help"}).out + run_qmn({"train", "--help"}).out;
  int count = 0;
  for (std::size_t at = help.find("  --"); at != std::string::npos; at = help.find("  --", at + 1)) {
    const std::string flag = help.substr(at + 4, help.find_first_of(" ,\n", at + 4) - at - 4);
    EXPECT_NE(scripts["bash"].find("--" + flag), std::string::npos) << flag;
    EXPECT_NE(scripts["zsh"].find("--" + flag), std::string::npos) << flag;
    EXPECT_NE(scripts["fish"].find("-l " + flag + " "), std::string::npos) << flag;
    ++count;
  }
  EXPECT_GT(count, 30);
  expect_error(run_qmn({"completion", "tcsh"}), 2, "tcsh");
}

TEST(Completion, ZshReadsItsScriptAndOffersCommands) {
  if (!find_program("zsh")) GTEST_SKIP() << "needs zsh";
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "_qmn", run_qmn({"completion", "zsh"}).out);
  // _describe and _arguments are replaced by what prints what they are given: the functions themselves run.
  const std::string program = fmt::format(
      "compdef() {{ :; }}; _describe() {{ print -l -- ${{(P)2}}; }}; _arguments() {{ state=command; return 1; }}; source {}/_qmn; _qmn", folder.path().string());
  const ProcessResult result = run_process({"zsh", "-f", "-c", program});
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("train:Train a net"), std::string::npos) << result.out;
}

TEST(Completion, FishOffersCommandsAndFlags) {
  if (!find_program("fish")) GTEST_SKIP() << "needs fish";
  const TemporaryFolder folder;
  const std::string script = (folder.path() / "qmn.fish").string();
  write_file_atomic(script, run_qmn({"completion", "fish"}).out);
  const auto offers = [&](const std::string& line) {
    return run_process({"env", "HOME=" + folder.path().string(), "fish", "--no-config", "-c", fmt::format("source {}; complete -C '{}'", script, line)});
  };
  const ProcessResult commands = offers("qmn tr");
  EXPECT_EQ(commands.err, "");
  EXPECT_EQ(commands.out, "train\tTrain a net on a folder of WAV files\n");
  EXPECT_NE(offers("qmn data synth --clips_per_u").out.find("--clips_per_unknown_word"), std::string::npos);
  EXPECT_EQ(offers("qmn train --clips_per_u").out.find("--clips_per_unknown_word"), std::string::npos) << "a flag of another command";
  EXPECT_NE(offers("qmn train --schedule one").out.find("one-cycle"), std::string::npos);
}

TEST(Manual, RendersWithoutAWarningAndHoldsEveryCommand) {
  const ProcessResult printed = run_qmn({"manual"});
  ASSERT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_NE(printed.out.find(".SH \"EXIT STATUS\"\n"), printed.out.find(".SH EXIT STATUS\n"));
  if (!find_program("groff")) GTEST_SKIP() << "needs groff";
  const ProcessResult shown = run_process({"groff", "-man", "-ww", "-Tutf8", "-rLL=100n", "-P-cbou", "-k"}, {.input = printed.out, .folder = {}});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_EQ(shown.err, "");
  for (const char* part : {"data synth", "qmn train", "--clips_per_unknown_word", "--config FILE", "CONFIGURATION FILE", "QMN_ENGINE_PATH", "EXIT STATUS", "qmn data synth words/ --words yes,no,up,down"}) {
    EXPECT_NE(shown.out.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace qmn
