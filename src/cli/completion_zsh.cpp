// SPDX-License-Identifier: Apache-2.0
// cli/completion_zsh.cpp   A function for each command, in terms of zsh's own _arguments and _describe.
#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace qmn::cli {
namespace {

/// Inside single quotes; where a specification ends at `ends`, these letters are escaped.
std::string spec_quoted(std::string_view text, std::string_view ends) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '\\' || ends.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string function_name(const CommandText& command) {
  std::string name = "_" + command.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string last_word(const CommandText& command) { return command.name.substr(command.name.rfind(' ') + 1); }

std::string action(const OptionText& option) {
  if (!option.choices.empty()) return fmt::format("({})", fmt::join(option.choices, " "));
  return option.is_path ? "_files" : " ";
}

std::string arguments(const OptionText& option) {
  const std::string value = option.value.empty() ? std::string() : fmt::format(":{}:{}", spec_quoted(option.value, ":"), action(option));
  if (option.names.empty()) return fmt::format("    '{}:{}:{}' \\\n", option.is_list ? "*" : "", spec_quoted(option.argument, ":"), action(option));
  std::string text;
  for (const std::string& name : option.names) {
    text += fmt::format("    '({}){}[{}]{}' \\\n", fmt::join(option.names, " "), name, spec_quoted(option.help, "[]"), value);
  }
  return text;
}

std::string function_of(const CommandText& command) {
  std::string text = function_name(command) + "() {\n";
  if (!command.commands.empty()) text += "  local state line\n";
  text += "  _arguments -s -S \\\n";
  for (const OptionText& option : command.options) text += arguments(option);
  if (command.commands.empty()) return text + "    && return 0\n}\n\n";
  text += "    '1:command:->command' '*::argument:->argument' && return 0\n  case $state in\n    command)\n      local -a commands=(\n";
  for (const CommandText& below : command.commands) text += fmt::format("        '{}:{}'\n", last_word(below), spec_quoted(below.help, ""));
  text += "      )\n      _describe command commands ;;\n    argument)\n      case $line[1] in\n";
  for (const CommandText& below : command.commands) text += fmt::format("        {}) {} ;;\n", last_word(below), function_name(below));
  return text + "      esac ;;\n  esac\n}\n\n";
}

}  // namespace

std::string zsh_completion(const CommandText& program) {
  std::string text = "#compdef qmn\n# zsh completion of qmn. Written by `qmn completion zsh`.\n\n";
  for (const CommandText* command : all_commands(program)) text += function_of(*command);
  return text + "if [ \"$funcstack[1]\" = _qmn ]; then _qmn \"$@\"; else compdef _qmn qmn; fi\n";
}

}  // namespace qmn::cli
