// SPDX-License-Identifier: Apache-2.0
// cli/completion.h   Scripts that let a shell complete commands, flags, their choices and files. Made from the commands themselves.
#pragma once

#include "cli/command_tree.h"

#include <string>

namespace qmn::cli {

std::string bash_completion(const CommandText& program);
std::string zsh_completion(const CommandText& program);
std::string fish_completion(const CommandText& program);

}  // namespace qmn::cli
