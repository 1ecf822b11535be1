// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include "base/error.h"
#include "base/text.h"

// The parser asserts what hostile text can make false (a value where a key must begin). In every build that is an exception here.
namespace {
struct BrokenToml {};
constexpr void require_toml(bool condition) {
  if (!condition) throw BrokenToml();
}
}  // namespace
#undef NDEBUG
#define TOML_ASSERT(condition) require_toml(static_cast<bool>(condition))
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

namespace qmn {
namespace {

/// The text of a number, a string or a boolean; nothing for dates, tables and lists.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* claim = node.as_boolean()) return claim->get() ? "true" : "false";
  return std::nullopt;
}

class Flattener {
 public:
  explicit Flattener(std::string name) : name_(std::move(name)) {}

  void add_table(const toml::table& table, const std::vector<std::string>& path) {
    for (const auto& [key, node] : table) {
      if (const toml::table* inner = node.as_table(); inner != nullptr) {
        std::vector<std::string> inner_path = path;
        inner_path.emplace_back(key.str());
        add_table(*inner, inner_path);
      } else {
        add_value(path, std::string(key.str()), static_cast<int>(key.source().begin.line), node);
      }
    }
  }

  std::vector<ConfigEntry> take() {
    std::stable_sort(entries_.begin(), entries_.end(), [](const ConfigEntry& a, const ConfigEntry& b) { return a.line < b.line; });
    return std::move(entries_);
  }

 private:
  void add_value(const std::vector<std::string>& path, const std::string& key, int line, const toml::node& node) {
    ConfigEntry entry{.tables = path, .key = key, .kind = node.is_boolean() ? ConfigEntry::Kind::boolean : ConfigEntry::Kind::scalar, .values = {}, .line = line};
    const auto append = [&](const toml::node& value) {
      const std::optional<std::string> text = scalar_text(value);
      if (!text) fail_data("{}:{}: {}: must be a string, a number, true or false, or a list of these", name_, line, printable(key));
      entry.values.push_back(*text);
    };
    if (const toml::array* list = node.as_array(); list != nullptr) {
      entry.kind = ConfigEntry::Kind::list;
      for (const toml::node& item : *list) append(item);
      if (entry.values.empty()) fail_data("{}:{}: {}: the list is empty; leave the key out for its default", name_, line, printable(key));
    } else {
      append(node);
    }
    entries_.push_back(std::move(entry));
  }

  std::string name_;
  std::vector<ConfigEntry> entries_;
};

/// Where BrokenToml is thrown: the parser stops there, so that every prefix of lines that reaches it breaks as well.
std::size_t breaking_line(std::string_view text) {
  std::vector<std::size_t> ends;  // of the lines
  for (std::size_t at = 0; at < text.size(); at = ends.back()) ends.push_back(std::min(text.find('\n', at), text.size() - 1) + 1);
  const auto breaks = [&](std::size_t end) {
    try {
      (void)toml::parse(text.substr(0, end));
    } catch (const toml::parse_error&) {
    } catch (const BrokenToml&) {
      return true;
    }
    return false;
  };
  return static_cast<std::size_t>(std::partition_point(ends.begin(), ends.end(), [&](std::size_t end) { return !breaks(end); }) - ends.begin()) + 1;
}

}  // namespace

std::vector<ConfigEntry> read_config(std::string_view text, const std::string& name) {
  Flattener flattener(name);
  try {
    flattener.add_table(toml::parse(text), {});
  } catch (const toml::parse_error& error) {
    fail_data("{}:{}:{}: {}", name, error.source().begin.line, error.source().begin.column, printable(error.description()));
  } catch (const BrokenToml&) {
    fail_data("{}:{}: is no TOML", name, breaking_line(text));
  }
  return flattener.take();
}

}  // namespace qmn
