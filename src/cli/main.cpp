// SPDX-License-Identifier: Apache-2.0
// cli/main.cpp   The program qmn: commands, exit codes, and the one place where errors become text.
// Exit codes: 0 done, 1 something is wrong with data, files or programs, 2 something is wrong with the command line.
#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/config_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <iterator>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace qmn::cli {
namespace {

constexpr int kDataExit = static_cast<int>(ErrorKind::data);
constexpr int kUsageExit = static_cast<int>(ErrorKind::usage);

constexpr const char* kExamples = R"(Examples:
  qmn data synth words/ --words yes,no,up,down           a data set from text-to-speech voices
  qmn train --arch ds_cnn --size s --data words/ -o kws.onnx
  qmn quantize kws.onnx --data words/ -o kws.q.onnx      ranges, shifts, accuracy float and integer
  qmn export kws.q.onnx -o firmware/ --board mps2-an386  C for an Arm Cortex-M4
  qmn run firmware/ words/yes/*.wav                      on the emulated board, compared bit for bit
  qmn listen kws.q.onnx mic                              words as they are spoken, by the firmware's own C
  qmn COMMAND --help                                     all flags of a command)";

void add_commands(CLI::App& app) {
  add_data(app);
  add_import(app);
  add_train(app);
  add_info(app);
  add_quantize(app);
  add_ablation(app);
  add_finetune(app);
  add_eval(app);
  add_export(app);
  add_run(app);
  add_bench(app);
  add_listen(app);
  add_tune(app);
  add_quant_test(app);
  add_sensitivity(app);
  add_report(app);
  add_init(app);
  add_doctor(app);
  add_completion(app);
  add_manual(app);
  add_config(app);
}

std::string one_line(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return printable(text);
}

int report_error(const std::string& text, int exit_code, bool is_json) {
  const std::string message = one_line(text);
  const bool has_color = may_color(STDERR_FILENO);
  std::fflush(stdout);
  std::fprintf(stderr, "%sqmn:%s %s\n", has_color ? "\033[31m" : "", has_color ? "\033[0m" : "", message.c_str());
  if (is_json) print_json({{"error", message}});
  return exit_code;
}

/// "qmn data synth": the program and the commands that the parser had reached.
std::string reached_command(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += ' ' + at->get_name();
  }
  return name;
}

/// For a word that is no command where one is needed: the parser would only say that a command is required.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* reached = &app;
  std::ptrdiff_t depth = 0;
  for (; !reached->get_subcommands().empty(); reached = reached->get_subcommands().front()) ++depth;
  std::string known;
  for (const CLI::App* command : reached->get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); })) {
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  std::vector<std::string_view> words;
  std::copy_if(argv + 1, argv + argc, std::back_inserter(words), [](const char* argument) { return argument[0] != '-'; });
  if (known.empty() || depth >= std::ssize(words)) return {};
  return fmt::format("{}: no such command (there are {})", words[static_cast<std::size_t>(depth)], known);
}

int run(int argc, char** argv) {
  const bool is_json = std::any_of(argv + 1, argv + argc, [](const char* argument) { return std::string_view(argument) == "--json"; });
  CLI::App app{"qmn turns a small neural network into a bit-exact 8-bit fixed-point program for Arm Cortex-M", "qmn"};
  int exit_code = 0;
  try {
    app.set_version_flag("--version", "qmn " QMN_VERSION);
    app.footer(kExamples);
    app.require_subcommand(1);
    add_commands(app);
    if (argc < 2) {
      std::cout << app.help();
      exit_code = kUsageExit;
    } else {
      app.parse(argc, argv);
    }
  } catch (const ExitRequest& request) {
    exit_code = request.exit_code;
  } catch (const Error& error) {
    return report_error(error.what(), error.exit_code(), is_json);
  } catch (const CLI::Success& help_or_version) {
    exit_code = app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    const std::string unknown = unknown_command(app, argc, argv);
    return report_error(fmt::format("{}; see {} --help", one_line(unknown.empty() ? error.what() : unknown), reached_command(app)),
                        kUsageExit, is_json);
  } catch (const std::bad_alloc&) {
    return report_error("out of memory", kDataExit, is_json);
  } catch (const std::exception& error) {
    return report_error(error.what(), kDataExit, is_json);
  }
  std::cout.flush();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout)
    return report_error(fmt::format("cannot write the output: {}", std::strerror(errno)), kDataExit, false);
  return exit_code;
}

}  // namespace
}  // namespace qmn::cli

int main(int argc, char** argv) { return qmn::cli::run(argc, argv); }
