// SPDX-License-Identifier: Apache-2.0
// base/config.h   Settings in TOML 1.0 (toml.io): tables of keys, read into a flat list that remembers its lines. What the keys mean is for the
// reader of the list to say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qmn {

struct ConfigEntry {
  enum class Kind { boolean, scalar, list };
  std::vector<std::string> tables;  ///< {"data", "synth"} for a key below [data.synth]; empty above the first table
  std::string key;
  Kind kind = Kind::scalar;
  std::vector<std::string> values;  ///< as text: "true", "12", "0.5", "yes"; one, or those of the list
  int line = 0;                     ///< from 1
};

/// All keys of a file, by line. Error (data), naming `name`, line and column: no TOML, or a key whose value is neither a string, a number,
/// true or false, nor a list of these that holds one at least.
std::vector<ConfigEntry> read_config(std::string_view text, const std::string& name);

}  // namespace qmn
