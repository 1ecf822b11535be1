// SPDX-License-Identifier: Apache-2.0
// cli/completion_fish.cpp   A line for each flag, under the condition that its command stands on the line.
#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace qmn::cli {
namespace {

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// "__qmn_command_is data synth": the words of the line that are commands are exactly these.
std::string condition(const CommandText& command) {
  const std::size_t space = command.name.find(' ');
  return "-n '__qmn_command_is" + (space == std::string::npos ? std::string() : command.name.substr(space)) + "'";
}

std::string lines_of(const CommandText& command) {
  std::string text;
  for (const CommandText& below : command.commands) {
    text += fmt::format("complete -c qmn {} -f -a {} -d {}\n", condition(command), below.name.substr(below.name.rfind(' ') + 1), shell_quoted(below.help));
  }
  for (const OptionText& option : command.options) {
    if (option.names.empty()) continue;
    text += "complete -c qmn " + condition(command);
    for (const std::string& name : option.names) text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.choices.empty()) text += fmt::format(" -x -a {}", shell_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
    else if (option.is_path) text += " -r -F";
    else if (!option.value.empty()) text += " -x";
    text += " -d " + shell_quoted(option.help) + '\n';
  }
  return text;
}

}  // namespace

std::string fish_completion(const CommandText& program) {
  std::string known, text;
  for (const CommandText* command : all_commands(program)) {
    if (command != &program) known += ' ' + shell_quoted(command->name.substr(program.name.size() + 1));
    text += lines_of(*command);
  }
  return fmt::format(R"(# fish completion of qmn. Written by `qmn completion fish`.
function __qmn_command_is
    set -l reached
    for word in (commandline -opc)[2..-1]
        if contains -- (string trim -- "$reached $word"){}
            set reached (string trim -- "$reached $word")
        end
    end
    test "$reached" = "$argv"
end
)",
                     known) +
         text;
}

}  // namespace qmn::cli
