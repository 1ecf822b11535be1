// SPDX-License-Identifier: Apache-2.0
// --config: what a file may say, what goes before what, and how a mistake is named. qmn init: that its file is right, in what is commented out too.
#include "base/file.h"
#include "run_qmn.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>

#include <regex>
#include <sstream>

namespace fs = std::filesystem;

namespace qmn {
namespace {

class Config : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string config(const std::string& text) const {
    write_file_atomic(path("qmn.toml"), text);
    return path("qmn.toml");
  }
  /// The settings of a data set that is made in a moment.
  std::string small_set(const std::string& more) const {
    return config("[data.synth]\ndir = \"words\"\nwords = [\"yes\", \"no\"]\nclips_per_word = 4\nclips_per_unknown_word = 2\nunknown_words = [\"in\"]\nbackground_files = 1\n"
                  "background_seconds = 2\n" + more);
  }
  static bool can_speak() { return find_program("espeak-ng") || find_program("flite"); }
  TemporaryFolder folder_;
};

TEST_F(Config, GoesBetweenTheCommandLineAndTheDefaults) {
  if (!can_speak()) GTEST_SKIP() << "needs espeak-ng or flite";
  const std::string file = small_set("seed = 5\njson = true\n");
  const nlohmann::json from_file = json_of(run_qmn({"data", "synth", "--config", file}));
  EXPECT_EQ(from_file["seed"], 5);
  EXPECT_EQ(from_file["words"], (std::vector<std::string>{"yes", "no"}));
  EXPECT_EQ(from_file["clips"], 10) << "4 of each keyword, 2 of the other word";
  EXPECT_EQ(from_file["folder"], path("words")) << "relative to the file, not to the working folder";
  const nlohmann::json from_flags = json_of(run_qmn({"data", "synth", path("others"), "--config=" + file, "--seed", "6", "--words", "go"}));
  EXPECT_EQ(from_flags["seed"], 6);
  EXPECT_EQ(from_flags["words"], std::vector<std::string>{"go"});
  EXPECT_EQ(from_flags["folder"], path("others"));
  EXPECT_EQ(from_flags["clips"], 6) << "what the command line leaves open still comes from the file";
}

TEST_F(Config, TheTopHoldsForEveryCommandThatKnowsTheKeyAndItsTableGoesFirst) {
  if (!can_speak()) GTEST_SKIP() << "needs espeak-ng or flite";
  const std::string text = "seed = 3\nquiet = true\njson = true\n" + read_file(small_set(""));
  EXPECT_EQ(json_of(run_qmn({"data", "synth", "--config", config(text)}))["seed"], 3);
  EXPECT_EQ(json_of(run_qmn({"data", "synth", "--config", config(text + "seed = 4\n")}))["seed"], 4);
  const nlohmann::json info = json_of(run_qmn({"data", "info", path("words"), "--config", config(text)}));
  EXPECT_EQ(info["folder"], path("words")) << "qmn data info has no seed, and does not mind one at the top";
}

TEST_F(Config, AFlagOfTheCommandLineGoesBeforeOneThatItExcludes) {
  const std::string file = config("[train]\narch = \"dnn\"\noutput = \"o.onnx\"\nsteps = 10\ndata = \"nowhere\"\n");
  expect_error(run_qmn({"train", "--config", file, "--how_many_training_steps", "1,2"}), 2, "--learning_rate");
  expect_error(run_qmn({"train", "--config", file}), 1, path("nowhere") + ": no such folder");
}

TEST_F(Config, UnknownKeysAndTablesAreNamedWithLineAndTheNearestThatExists) {
  const auto error_of = [&](const std::string& text, const std::string& part) { expect_error(run_qmn({"data", "info", "--config", config(text)}), 2, part); };
  error_of("[data.info]\n\nwrods = \"yes\"\n", path("qmn.toml") + ":3: [data.info] has no key 'wrods'; did you mean 'words'?");
  error_of("[train]\nstpes = 3\n", ":2: [train] has no key 'stpes'; did you mean 'steps'?");  // of another command than the one that runs
  error_of("[trian]\nsteps = 3\n", ":2: [trian] is no command; did you mean [train]?");
  error_of("[data]\ndir = \"x\"\n", ":2: [data] is no command; did you mean [data.");
  error_of("\nsede = 3\n", ":2: no command has a key 'sede'; did you mean 'seed'?");
  error_of("[data.info]\nhelp = true\n", "has no key 'help'");
  error_of("[data.info]\nconfig = \"x\"\n", "has no key 'config'");
}

TEST_F(Config, ValuesThatAFlagDoesNotTakeAreNamedWithLine) {
  const auto error_of = [&](const std::string& text, int exit_code, const std::string& part) { expect_error(run_qmn({"data", "info", "--config", config(text)}), exit_code, part); };
  error_of("[data.info]\nsample_rate = \"fast\"\n", 2, ":2: ");
  error_of("[data.info]\nsample_rate = true\n", 2, ":2: sample_rate: must be a value");
  error_of("[data.info]\nstrict = 1\n", 2, ":2: strict: must be true or false");
  error_of("[data.info]\nsample_rate = \n", 1, ":2:");
  expect_error(run_qmn({"data", "info", "--config", path("none.toml")}), 2, path("none.toml"));
  expect_error(run_qmn({"data", "info", "--config", folder_.path().string()}), 2, folder_.path().string());
  expect_error(run_qmn({"data", "info", "--config", config("seed = 1\n"), "--config", path("qmn.toml")}), 2, "--config: give one file");
}

TEST_F(Config, HyphensAndUnderscoresAreOne) {
  const std::string file = config("[quantize]\nmodel = \"no.onnx\"\noutput = \"q.onnx\"\nmax-loss = 1\ntime_budget = 3\n");
  expect_error(run_qmn({"quantize", "--config", file}), 1, path("no.onnx"));
}

TEST_F(Config, HelpIsGivenWhateverTheFileSays) {
  const ProcessResult result = run_qmn({"train", "--config", config("[nonsense"), "--help"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("--config FILE"), std::string::npos);
}

/// "# key = value" → "key = value"
std::string with_commented_keys(const std::string& text) { return std::regex_replace(text, std::regex("(^|\n)# ([a-z_]+ = )"), "$1$2"); }

TEST_F(Config, TheFileOfInitIsRightInWhatIsCommentedOutToo) {
  const std::string project = path("project");
  const ProcessResult made = run_qmn({"init", project, "--words", "hey computer,stop", "--board", "microbit"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("qmn train --config " + project + "/qmn.toml"), std::string::npos) << made.out;
  const std::string text = read_file(project + "/qmn.toml");
  EXPECT_NE(text.find("words = [\"hey computer\", \"stop\"]"), std::string::npos);
  EXPECT_NE(text.find("board = \"microbit\""), std::string::npos);
  EXPECT_EQ(text.find('{'), std::string::npos) << "a hole was left";
  const std::string all = with_commented_keys(text);
  ASSERT_GT(all.size() + 10, text.size() - 50);
  ASSERT_NE(all, text);
  // Every key is known: the file gets as far as the data set, which is not there.
  expect_error(run_qmn({"data", "info", "--config", config(all)}), 1, path("data") + ": no such folder");
}

TEST_F(Config, CommentedValuesAreTheDefaults) {
  ASSERT_EQ(run_qmn({"init", path("project")}).exit_code, 0);
  std::istringstream lines(read_file(path("project/qmn.toml")));
  std::string table;
  int compared = 0;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, std::regex("^\\[(.*)\\]"))) table = match[1];
    if (!std::regex_search(line, match, std::regex("^# ([a-z_]+) = ([0-9.]+) "))) continue;
    std::vector<std::string> command{table, "--help"};
    if (const std::size_t dot = table.find('.'); dot != std::string::npos) command = {table.substr(0, dot), table.substr(dot + 1), "--help"};
    const std::string help = run_qmn(command).out;
    std::string flag = "--" + match[1].str(), hyphened = flag;
    std::replace(hyphened.begin() + 2, hyphened.end(), '_', '-');
    const bool is_shown = std::regex_search(help, std::regex("(" + flag + "|" + hyphened + ")[^\n]*=" + match[2].str() + "( |\n)"));
    const bool is_told = std::regex_search(help, std::regex(flag + " [A-Z]+ [^-]*\\(default:? [^)]*" + match[2].str()));
    const bool is_in_brackets = std::regex_search(help, std::regex(flag + "[^(]*\\(" + match[2].str() + "\\)"));  // "How often the network runs (100)"
    EXPECT_TRUE(is_shown || is_told || is_in_brackets) << table << ": " << line;
    ++compared;
  }
  EXPECT_GE(compared, 7);
}

TEST_F(Config, TheFileOfInitLeadsFromVoicesToTheEmulatedBoard) {
  if (!can_speak() || !find_program("arm-none-eabi-gcc") || !find_program("qemu-system-arm")) GTEST_SKIP() << "needs a speech engine, arm-none-eabi-gcc and qemu-system-arm";
  const std::string project = path("project"), file = project + "/qmn.toml";
  ASSERT_EQ(run_qmn({"init", project, "--words", "yes,no"}).exit_code, 0);
  // As the file says, but less of it: the command line goes first.
  const std::vector<std::vector<std::string>> steps{{"data", "synth", "--clips_per_word", "12", "--clips_per_unknown_word", "1", "--background_seconds", "2"},
                                                    {"train", "--steps", "20", "--arch", "dnn"},
                                                    {"quantize", "--method", "minmax"},
                                                    {"export"},
                                                    {"run", "--limit", "3"}};
  for (std::vector<std::string> step : steps) {
    step.insert(step.end(), {"--config", file, "--quiet"});
    const ProcessResult result = run_qmn(step);
    ASSERT_EQ(result.exit_code, 0) << step.front() << ": " << result.err;
  }
  for (const char* made : {"data/yes", "kws.onnx", "kws.q.onnx", "report.html", "firmware/qmn_net.c"}) EXPECT_TRUE(fs::exists(fs::path(project) / made)) << made;
}

TEST_F(Config, InitNeverReplacesAFileAndRefusesWhatWillNotWork) {
  const std::string project = path("project");
  ASSERT_EQ(run_qmn({"init", project}).exit_code, 0);
  expect_error(run_qmn({"init", project}), 1, project + "/qmn.toml: exists");
  expect_error(run_qmn({"init", path("b"), "--board", "uno"}), 2, "--board uno: unknown board; there is mps2-");
  expect_error(run_qmn({"init", path("b"), "--words", "yes,"}), 2, "--words");
  expect_error(run_qmn({"init", path("b"), "--words", "a\"b"}), 2, "--words");
  EXPECT_FALSE(fs::exists(path("b")));
  write_file_atomic(path("file"), "");
  expect_error(run_qmn({"init", path("file")}), 1, path("file"));
}

}  // namespace
}  // namespace qmn
