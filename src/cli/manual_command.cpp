// SPDX-License-Identifier: Apache-2.0
// cli/manual_command.cpp   qmn manual: the manual page (man 7 man-pages), made from the commands themselves and what surrounds them.
#include "cli/command.h"
#include "cli/command_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdio>
#include <sstream>

namespace qmn::cli {
namespace {

/// Text for roff: no letter of it is a request, and dashes stay dashes that can be copied.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '\'') out += "\\(aq";
    else if (c == '`') out += "\\(ga";
    else if (c == '^') out += "\\(ha";
    else if (c == '~') out += "\\(ti";
    else out += c;
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

/// As it stands, line by line.
std::string verbatim(const std::string& text) {
  std::string out = ".PP\n.nf\n";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += roff(line) + '\n';
  return out + ".fi\n";
}

std::string option_entry(const OptionText& option) {
  std::string head;
  for (const std::string& name : option.names) head += (head.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
  if (option.names.empty()) head = "\\fI" + roff(option.argument) + "\\fR";
  if (!option.names.empty() && !option.value.empty()) head += " \\fI" + roff(option.value) + "\\fR";
  std::string tail = roff(option.help);
  if (!option.choices.empty()) tail += roff(fmt::format(" (one of {})", fmt::join(option.choices, ", ")));
  if (!option.default_text.empty()) tail += roff(fmt::format(" [{}]", option.default_text));
  if (option.is_required) tail += roff(" (required)");
  return ".TP\n" + head + '\n' + tail + '\n';
}

std::string synopsis(const CommandText& command) {
  std::string line = "\\fB" + roff(command.name) + "\\fR";
  for (const OptionText& option : command.options) {
    if (!option.is_required || option.names.empty()) continue;
    line += " \\fB" + roff(option.names.back()) + "\\fR \\fI" + roff(option.value) + "\\fR";
  }
  for (const OptionText& option : command.options) {
    if (option.names.empty()) line += option.is_required ? " \\fI" + roff(option.argument) + "\\fR" : " [\\fI" + roff(option.argument) + "\\fR]";
  }
  return line + " [\\fIflags\\fR]\n";
}

std::string section_of(const CommandText& command) {
  std::string text;
  if (command.commands.empty()) {
    text += ".SS " + roff(command.name) + '\n' + roff(command.help) + ".\n.PP\n" + synopsis(command);
    std::string group = "Options";
    for (const OptionText& option : command.options) {
      if (option.group != group && !option.group.empty()) text += ".PP\n\\fI" + roff(group = option.group) + "\\fR\n";
      text += option_entry(option);
    }
    if (!command.footer.empty()) text += verbatim(command.footer);
  }
  for (const CommandText& below : command.commands) text += section_of(below);
  return text;
}

constexpr const char* kAround = R"(.SH CONFIGURATION FILE
\fB\-\-config\fR \fIFILE\fR of every command names a TOML file with values for what the command line leaves open.
It has a table a command, such as \fB[train]\fR or \fB[data.synth]\fR.
Keys are the long flags without dashes, and the names of arguments; keys above the first table hold for every command that knows them.
The command line goes before the command\(aqs table, that before the top, that before the default.
Files and folders are relative to the folder of the TOML file.
A key or table that does not exist is an error, whichever command runs.
\fBqmn init\fR writes a file with comments for a new project.
.SH EXIT STATUS
.TP
0
done
.TP
1
something is wrong with data, files or programs, or an output differs from what it must be
.TP
2
something is wrong with the command line or the configuration file
.PP
An error is one line on standard error. With \fB\-\-json\fR it is also an object with the key \fBerror\fR on standard output. Nothing half written is left behind.
.SH ENVIRONMENT
.TP
\fBQMN_SPEECH_COMMANDS\fR
the data set where no \fB\-\-data\fR is given
.TP
\fBQMN_ENGINE_PATH\fR
the float engine, libqmn_engine.so, where it does not stand beside the program or in ../lib/qmn
.TP
\fBNO_COLOR\fR
no colors
)";

}  // namespace

void add_manual(CLI::App& app) {
  CLI::App* command = app.add_subcommand("manual", "Print the manual page (roff)");
  command->footer("Examples:\n  qmn manual > qmn.1 && man ./qmn.1");
  command->callback([&app] {
    const CommandText program = describe(app);
    std::string text = fmt::format(".TH QMN 1 \"\" \"qmn {}\" \"User commands\"\n.SH NAME\nqmn \\- {}\n", QMN_VERSION, roff(program.help.substr(program.help.find(' ') + 1)));
    text += ".SH SYNOPSIS\n\\fBqmn\\fR \\fIcommand\\fR [\\fIflags\\fR]\n.SH COMMANDS\n";
    for (const CommandText& below : program.commands) text += ".TP\n\\fB" + roff(below.name) + "\\fR\n" + roff(below.help) + '\n';
    text += ".SH EXAMPLES\n" + verbatim(program.footer) + kAround + ".SH FLAGS OF EACH COMMAND\n" + section_of(program);
    std::fwrite(text.data(), 1, text.size(), stdout);
  });
}

}  // namespace qmn::cli
