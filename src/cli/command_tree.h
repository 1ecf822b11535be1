// SPDX-License-Identifier: Apache-2.0
// cli/command_tree.h   The commands and their flags as the parser knows them: what completion, the manual and configuration files are made from, so that none
// of them can say anything else than --help.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace qmn::cli {

/// One command's option, flag or argument.
struct OptionText {
  std::vector<std::string> names;  ///< "-o", "--output"; empty for an argument
  std::string argument;            ///< "model"; empty for options
  std::string value;               ///< "FILE", "LIST", "INT"; empty for a flag
  std::string help, group, default_text;
  std::vector<std::string> choices;  ///< when only these are allowed
  bool is_path = false, is_required = false, is_list = false;
};

struct CommandText {
  std::string name;  ///< "qmn data synth"
  std::string help, footer;
  std::vector<OptionText> options;    ///< without hidden ones, arguments first
  std::vector<CommandText> commands;  ///< empty for one that does something
};

/// `app` and all below it.
CommandText describe(const CLI::App& app, const std::string& prefix = {});

/// The command and all below it, outermost first.
std::vector<const CommandText*> all_commands(const CommandText& program);

/// Options of one command, those of its groups included.
std::vector<CLI::Option*> options_of(CLI::App& command);

/// Commands below `app` in the order of --help; groups of options are none.
std::vector<CLI::App*> commands_of(CLI::App& app);

/// Its value names a file or a folder.
bool is_path(const CLI::Option& option);

/// How a configuration file calls it: the first long name, or the name of the argument, in lower case with underscores.
std::string config_key(const CLI::Option& option);

}  // namespace qmn::cli
