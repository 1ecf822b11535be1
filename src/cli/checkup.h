// SPDX-License-Identifier: Apache-2.0
// cli/checkup.h   What of a machine qmn can use, and what each missing thing costs.
#pragma once

#include <string>
#include <vector>

namespace qmn::cli {

struct Check {
  enum class State { ok, weak, missing };
  std::string name;
  State state = State::ok;
  std::string found;     ///< version, path or amount; when missing, what is wrong
  std::string cost;      ///< what does not work, or works worse, without it; empty when ok
  std::string remedy;    ///< "apt install …"; may be empty
  bool is_needed = false;  ///< the way from recordings to a compared firmware ends without it
};

/// Of this machine and the working folder. Takes as long as loading libtorch.
std::vector<Check> check_machine();

}  // namespace qmn::cli
