// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.h"

#include "base/config.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/command_tree.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 1 << 20;

std::string normalized(std::string key) {
  for (char& c : key) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return key;
}

bool has_key(const CLI::Option& option, const std::string& key) {
  if (!option.get_configurable()) return false;
  if (option.get_lnames().empty()) return normalized(option.get_name(true)) == key;
  return std::any_of(option.get_lnames().begin(), option.get_lnames().end(), [&](const std::string& name) { return normalized(name) == key; });
}

CLI::Option* find_option(CLI::App& command, const std::string& key) {
  for (CLI::Option* option : options_of(command)) {
    if (has_key(*option, normalized(key))) return option;
  }
  return nullptr;
}

std::vector<std::string> keys_of(CLI::App& command) {
  std::vector<std::string> keys;
  for (CLI::Option* option : options_of(command)) {
    if (option->get_configurable()) keys.push_back(config_key(*option));
  }
  return keys;
}

/// Every command that does something, with the name of its table.
std::vector<std::pair<std::string, CLI::App*>> leaves(CLI::App& app, const std::string& prefix = {}) {
  std::vector<std::pair<std::string, CLI::App*>> all;
  for (CLI::App* command : commands_of(app)) {
    const std::string name = prefix + command->get_name();
    const auto below = leaves(*command, name + '.');
    if (below.empty()) all.emplace_back(name, command);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

class ConfigFile final : public CLI::Config {
 public:
  explicit ConfigFile(CLI::App& app) : app_(app) {}

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

  /// Called by the parser between the command line and the commands. It is told of nothing: what the file says goes straight to the options.
  std::vector<CLI::ConfigItem> from_config(std::istream&) const override {
    apply(app_.get_config_ptr()->results().front());
    return {};
  }

 private:
  void apply(const std::string& file) const {
    CLI::App* chosen = &app_;
    while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
    if (chosen->get_help_ptr() != nullptr && chosen->get_help_ptr()->count() > 0) return;  // help is given whatever the file says
    std::set<CLI::Option*> given;
    for (CLI::Option* option : options_of(*chosen)) {
      if (option->count() > 0) given.insert(option);
    }
    std::vector<std::pair<CLI::Option*, ConfigEntry>> own, shared;
    for (const ConfigEntry& entry : read_config(read_file(file, kMaxConfigBytes), file)) {
      if (entry.tables.empty()) {
        check_shared(file, entry);
        if (CLI::Option* option = find_option(*chosen, entry.key); option != nullptr) shared.emplace_back(option, entry);
      } else {
        CLI::App* command = command_of(file, entry);
        CLI::Option* option = find_option(*command, entry.key);
        if (option == nullptr) {
          fail_usage("{}:{}: [{}] has no key '{}'; did you mean '{}'? (qmn {} --help lists all)", file, entry.line, fmt::join(entry.tables, "."), printable(entry.key),
                     nearest_word(normalized(entry.key), keys_of(*command)), fmt::join(entry.tables, " "));
        }
        if (command == chosen) own.emplace_back(option, entry);
      }
    }
    for (const auto& [option, entry] : own) set(*option, entry, file, given);
    for (const auto& [option, entry] : shared) set(*option, entry, file, given);
  }

  CLI::App* command_of(const std::string& file, const ConfigEntry& entry) const {
    const std::string table = fmt::format("{}", fmt::join(entry.tables, "."));
    std::vector<std::string> known;
    for (const auto& [name, command] : leaves(app_)) {
      if (name == table) return command;
      known.push_back(name);
    }
    fail_usage("{}:{}: [{}] is no command; did you mean [{}]? (there are {})", file, entry.line, printable(table), nearest_word(table, known), fmt::join(known, ", "));
  }

  void check_shared(const std::string& file, const ConfigEntry& entry) const {
    std::vector<std::string> known;
    for (const auto& [name, command] : leaves(app_)) {
      if (find_option(*command, entry.key) != nullptr) return;
      const std::vector<std::string> keys = keys_of(*command);
      known.insert(known.end(), keys.begin(), keys.end());
    }
    fail_usage("{}:{}: no command has a key '{}'; did you mean '{}'?", file, entry.line, printable(entry.key), nearest_word(normalized(entry.key), known));
  }

  static void set(CLI::Option& option, const ConfigEntry& entry, const std::string& file, const std::set<CLI::Option*>& given) {
    const bool is_excluded = std::any_of(given.begin(), given.end(), [&](CLI::Option* other) { return option.get_excludes().contains(other); });
    if (!option.empty() || is_excluded) return;
    const bool is_flag = option.get_items_expected_max() == 0;
    if (is_flag != (entry.kind == ConfigEntry::Kind::boolean)) {
      fail_usage("{}:{}: {}: must be {}", file, entry.line, entry.key, is_flag ? "true or false" : "a value, neither true nor false");
    }
    if (is_flag && entry.values.front() == "false") return;
    std::vector<std::string> values = entry.values;
    if (is_path(option)) {
      for (std::string& value : values) value = (fs::path(file).parent_path() / value).string();
    }
    if (option.get_items_expected_max() <= 1) values = {fmt::format("{}", fmt::join(values, ","))};
    try {
      option.add_result(values);
      option.run_callback();
    } catch (const CLI::ParseError& error) {
      fail_usage("{}:{}: {}", file, entry.line, printable(error.what()));
    }
  }

  CLI::App& app_;
};

}  // namespace

void add_config(CLI::App& app) {
  CLI::Option* file = app.set_config("--config", "", "TOML file with values for what the command line leaves open")->group("");
  app.config_formatter(std::make_shared<ConfigFile>(app));
  for (const auto& [name, command] : leaves(app)) {
    const auto take = [file](const std::string& path) {
      if (file->count() > 0) fail_usage("--config: give one file, not {} and {}", file->results().front(), path);
      file->add_result(path);
    };
    command->add_option_function<std::string>("--config", take, "TOML file with values for what the command line leaves open (qmn init writes one)")
        ->trigger_on_parse()
        ->configurable(false)
        ->type_name("FILE");
  }
}

}  // namespace qmn::cli
