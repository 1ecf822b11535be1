// SPDX-License-Identifier: Apache-2.0
// cli/init_command.cpp   qmn init: a folder with a commented configuration that every command of a keyword project takes.
#include "base/file.h"
#include "cli/command.h"
#include "cli/common.h"
#include "emit/targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr const char* kFileName = "qmn.toml";

// Values without "#" are those that scripts/demo.sh trains with; behind "#" stand others that are worth knowing, with their defaults.
constexpr const char* kProject = R"(# A keyword project of qmn. Each command takes its table from this file:
#
#   qmn data synth --config qmn.toml    a data set from text-to-speech voices
#   qmn train      --config qmn.toml    a float net
#   qmn quantize   --config qmn.toml    the same in 8 bits, with a report
#   qmn export     --config qmn.toml    C for the board
#   qmn run        --config qmn.toml    on the emulated board, compared bit for bit
#
# Keys are the long flags of the command without dashes (qmn COMMAND --help lists all); the command line goes before this file. Files and
# folders are relative to the folder of this file. A line that begins with "# " and a key shows a default: take the "# " away to change it.

[data.synth]
dir = "data"                      # must not exist, or be an earlier one of qmn data synth
words = [{words}]
# unknown_words = ["in", "of"]    # heard, but not keywords; without this line about thirty common ones
clips_per_word = 1200             # more clips, better nets; 300 are enough for a first look
clips_per_unknown_word = 80
# seed = 1                        # another one: other voices, speeds, rooms and noise

[data.info]
dir = "data"

[train]
data = "data"                     # or recordings: a folder a word, in the layout of Speech Commands
output = "kws.onnx"
arch = "ds_cnn"                   # dnn, cnn, basic_lstm, lstm, gru, crnn or ds_cnn
size = "s"                        # s, m or l
steps = 1200                      # 6000 on real recordings
eval_step_interval = 100
unknown_percentage = 15           # of synthesized voices: more other words, other speeds, so that the net does not learn them by heart
speed_percent = 20
# silence_percentage = 10
# window_size_ms = 40             # a frame of the spectrogram, the step to the next, and the numbers that are kept of it
# window_stride_ms = 20
# dct_coefficient_count = 10

[quantize]
model = "kws.onnx"
data = "data"
output = "kws.q.onnx"
report = "report.html"
# max_loss = 0.1                  # points of accuracy that may be lost before it pays for more precision; 1: the smallest program

[eval]
model = "kws.q.onnx"
data = "data"

[export]
model = "kws.q.onnx"
output = "firmware"
board = "{board}"
# interval_ms = 100               # on the device: how often the net runs,
# smoothing = 3                   # how many scores are averaged,
# threshold = 0.7                 # and from which mean on a word counts as heard

[run]
folder = "firmware"
data = "data"
split = "testing"
# limit = 100                     # 0: all clips
)";

struct Options {
  std::string folder, words = "yes,no,up,down", board = "mps2-an386";
  OutputOptions output;
};

std::string project_text(const Options& options) {
  std::vector<std::string> words;
  for (const std::string& word : split_list(options.words, "--words")) {
    const auto breaks = [](char c) { return c == '"' || c == '\\' || c == '/' || static_cast<unsigned char>(c) < 0x20; };
    if (std::any_of(word.begin(), word.end(), breaks)) fail_usage("--words: '{}' cannot be a keyword: letters, digits and spaces", word);
    words.push_back('"' + word + '"');
  }
  std::string text = kProject;
  const auto fill = [&](const std::string& hole, const std::string& value) { text.replace(text.find(hole), hole.size(), value); };
  fill("{words}", fmt::format("{}", fmt::join(words, ", ")));
  fill("{board}", options.board);
  return text;
}

void check_board(const std::string& board) {
  const std::vector<std::string> known = export_board_names();
  if (std::find(known.begin(), known.end(), board) == known.end()) fail_usage("--board {}: unknown board; there is {}", board, fmt::join(known, ", "));
}

void run_init(const Options& options) {
  check_board(options.board);
  const std::string text = project_text(options);
  const fs::path folder = options.folder, file = folder / kFileName;
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error))) fail_data("{}: exists; a project is never written over: edit it, or give another folder", file.string());
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error)) fail_data("{}: cannot be made a folder", folder.string());
  write_file_atomic(file, text);
  if (options.output.is_json) {
    print_json({{"config", file.string()}});
    return;
  }
  fmt::print("{} written. Next:\n", file.string());
  for (const char* step : {"data synth", "train", "quantize", "export", "run"}) fmt::print("  qmn {} --config {}\n", step, file.string());
}

}  // namespace

void add_init(CLI::App& app) {
  CLI::App* command = app.add_subcommand("init", "Start a keyword project: a commented configuration file for all commands");
  const auto options = std::make_shared<Options>();
  command->add_option("folder", options->folder, "Folder of the project; made when it is not there")->required()->type_name("DIR");
  command->add_option("--words,--wanted_words", options->words, "Keywords, separated by commas")->type_name("LIST")->capture_default_str();
  command->add_option("--board", options->board, "As in qmn export")->capture_default_str();
  options->output.add(*command);
  command->footer(R"(Writes FOLDER/qmn.toml and never replaces one.

Examples:
  qmn init wake/ --words "hey computer,stop"
  qmn data synth --config wake/qmn.toml && qmn train --config wake/qmn.toml
  qmn train --config wake/qmn.toml --steps 6000              the command line goes first)");
  command->callback([options] { run_init(*options); });
}

}  // namespace qmn::cli
