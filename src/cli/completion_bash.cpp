// SPDX-License-Identifier: Apache-2.0
// cli/completion_bash.cpp   A case for each command: its subcommands, its flags, which of them take files, and the choices of those that have some.
#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace qmn::cli {
namespace {

std::string case_of(const CommandText& command) {
  std::vector<std::string> words, files, plain, choices;
  for (const CommandText& below : command.commands) words.push_back(below.name.substr(below.name.rfind(' ') + 1));
  for (const OptionText& option : command.options) {
    words.insert(words.end(), option.names.begin(), option.names.end());
    if (option.names.empty() || option.value.empty()) continue;
    const std::string pattern = fmt::format("{}", fmt::join(option.names, "|"));
    if (!option.choices.empty()) choices.push_back(fmt::format("        {}) words='{}'; flag=choice ;;\n", pattern, fmt::join(option.choices, " ")));
    else (option.is_path ? files : plain).push_back(pattern);
  }
  std::string text = fmt::format("    '{}')\n      case $previous in\n{}", command.name, fmt::join(choices, ""));
  if (!files.empty()) text += fmt::format("        {}) flag=file ;;\n", fmt::join(files, "|"));
  if (!plain.empty()) text += fmt::format("        {}) flag=value ;;\n", fmt::join(plain, "|"));
  return text + fmt::format("        *) words='{}' ;;\n      esac ;;\n", fmt::join(words, " "));
}

}  // namespace

std::string bash_completion(const CommandText& program) {
  std::string commands, cases;
  for (const CommandText* command : all_commands(program)) {
    if (command != &program) commands += (commands.empty() ? "'" : "|'") + command->name + "'";
    cases += case_of(*command);
  }
  return fmt::format(R"(# bash completion of qmn. Written by `qmn completion bash`.
_qmn() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command=qmn words= flag= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${{COMP_WORDS[i]}}" in
      {}) command+=" ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case $command in
{}  esac
  COMPREPLY=()
  if [ "$flag" = value ]; then return; fi
  if [ -n "$words" ]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
  if [ "$flag" = file ] || {{ [ -z "$flag" ] && [[ $current != -* ]] && [ ${{#COMPREPLY[@]}} -eq 0 ]; }}; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}}
complete -F _qmn qmn
)",
                     commands, cases);
}

}  // namespace qmn::cli
