// SPDX-License-Identifier: Apache-2.0
// The frame around the commands: help, version, exit codes, one-line errors.
#include "run_qmn.h"

#include <fcntl.h>
#include <unistd.h>

namespace qmn {
namespace {

TEST(Program, WithoutArgumentsPrintsHelpAndExits2) {
  const ProcessResult result = run_qmn({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.out.find("Usage: qmn"), std::string::npos);
  EXPECT_NE(result.out.find("Examples:"), std::string::npos);
  EXPECT_EQ(result.err, "");
}

TEST(Program, HelpAndVersionExit0) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"-h"}, {"data", "--help"}, {"data", "synth", "--help"}, {"data", "info", "-h"}}) {
    const ProcessResult result = run_qmn(arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_NE(result.out.find("Examples:"), std::string::npos) << result.out;
    EXPECT_EQ(result.err, "");
  }
  const ProcessResult version = run_qmn({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("qmn ")) << version.out;
}

TEST(Program, EveryCommandOfTheHelpHasHelpWithExamples) {
  const std::string help = run_qmn({"--help"}).out;
  std::istringstream lines(help.substr(help.find("Subcommands:")));
  std::string line;
  std::getline(lines, line);
  int count = 0;
  while (std::getline(lines, line) && line.starts_with("  ")) {
    if (line[2] == ' ') continue;  // a description that continues
    std::istringstream words(line);
    std::string command, description;
    words >> command;
    std::getline(words, description);
    EXPECT_FALSE(description.empty()) << command;
    const ProcessResult result = run_qmn({command, "--help"});
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_NE(result.out.find("Examples:"), std::string::npos) << command;
    ++count;
  }
  EXPECT_GE(count, 1);
}

TEST(Program, AnUnknownCommandIsNamedAndTheKnownOnesAreListed) {
  expect_error(run_qmn({"datta"}), 2, "datta: no such command (there are data");
  expect_error(run_qmn({"data", "sing"}), 2, "sing: no such command (there are get, synth, info); see qmn data --help");
}

TEST(Program, UsageErrorsNameTheHelpOfTheirCommand) {
  expect_error(run_qmn({"data"}), 2, "see qmn data --help");
  expect_error(run_qmn({"data", "synth"}), 2, "see qmn data synth --help");
  expect_error(run_qmn({"data", "info", "--no_such_flag"}), 2, "--no_such_flag");
  expect_error(run_qmn({"data", "synth", "x", "--words", "a", "--seed", "many"}), 2, "--seed");
}

TEST(Program, ErrorsAreJsonTooWhereJsonIsAsked) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"data", "info", "/no/such/folder", "--json"}, {"data", "synth", "--json"}, {"nothing", "--json"}}) {
    const ProcessResult result = run_qmn(arguments);
    EXPECT_NE(result.exit_code, 0);
    const auto object = json_of(result);
    EXPECT_EQ("qmn: " + object.at("error").get<std::string>() + "\n", result.err);
  }
}

TEST(Program, NoColorOutsideATerminal) {
  const ProcessResult result = run_qmn({"nothing"});
  EXPECT_EQ(result.err.find('\033'), std::string::npos);
}

TEST(Program, OutputThatCannotBeWrittenIsAnError) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  const ProcessResult result = run_process({"/bin/sh", "-c", "exec \"$0\" --help > /dev/full", QMN_PROGRAM});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("cannot write the output"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace qmn
