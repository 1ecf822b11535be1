// SPDX-License-Identifier: Apache-2.0
// cli/data_get_command.h   qmn data get, one of the commands below qmn data.
#pragma once

#include <CLI/CLI.hpp>

namespace qmn::cli {

void add_data_get(CLI::App& data);

}  // namespace qmn::cli
