// SPDX-License-Identifier: Apache-2.0
#include "cli/command_tree.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

namespace qmn::cli {
namespace {

/// "TEXT:{nhwc,nchw}" → "TEXT"
std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

/// "TEXT:{nhwc,nchw}" → {"nhwc", "nchw"}: how CLI::IsMember describes itself.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find(":{"), close = type.rfind('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::istringstream list(type.substr(open + 2, close - open - 2));
  for (std::string choice; std::getline(list, choice, ',');) choices.push_back(choice);
  return choices;
}

OptionText describe_option(const CLI::Option& option) {
  OptionText text{.names = {},
                  .argument = {},
                  .value = option.get_items_expected_max() == 0 ? std::string() : value_name(option),
                  .help = option.get_description(),
                  .group = option.get_group(),
                  .default_text = option.get_default_str(),
                  .choices = choices_of(option),
                  .is_path = is_path(option),
                  .is_required = option.get_required(),
                  .is_list = option.get_items_expected_max() > 1};
  for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  if (text.names.empty()) text.argument = option.get_name(true);
  return text;
}

template <class Command, class Options>
void append_options(Command& command, Options& options) {
  for (auto* option : command.get_options()) {
    if (!option->get_group().empty()) options.push_back(option);
  }
  for (auto* group : command.get_subcommands([](Command* below) { return below->get_name().empty(); })) append_options(*group, options);
}

}  // namespace

bool is_path(const CLI::Option& option) {
  constexpr std::array<std::string_view, 5> kPaths{"FILE", "DIR", "PATH", "MODEL", "CLIP ..."};
  return std::find(kPaths.begin(), kPaths.end(), value_name(option)) != kPaths.end();
}

std::string config_key(const CLI::Option& option) {
  std::string key = option.get_lnames().empty() ? option.get_name(true) : option.get_lnames().front();
  for (char& c : key) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return key;
}

std::vector<CLI::Option*> options_of(CLI::App& command) {
  std::vector<CLI::Option*> options;
  append_options(command, options);
  return options;
}

std::vector<CLI::App*> commands_of(CLI::App& app) {
  return app.get_subcommands([](CLI::App* command) { return !command->get_name().empty(); });
}

CommandText describe(const CLI::App& app, const std::string& prefix) {
  CommandText text{.name = prefix + app.get_name(), .help = app.get_description(), .footer = app.get_footer(), .options = {}, .commands = {}};
  std::vector<const CLI::Option*> options;
  append_options(app, options);
  for (const CLI::Option* option : options) text.options.push_back(describe_option(*option));
  std::stable_partition(text.options.begin(), text.options.end(), [](const OptionText& option) { return !option.argument.empty(); });
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* below) { return !below->get_name().empty(); })) {
    text.commands.push_back(describe(*command, text.name + ' '));
  }
  return text;
}

std::vector<const CommandText*> all_commands(const CommandText& program) {
  std::vector<const CommandText*> all{&program};
  for (const CommandText& command : program.commands) {
    const auto below = all_commands(command);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

}  // namespace qmn::cli
