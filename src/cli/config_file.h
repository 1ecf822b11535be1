// SPDX-License-Identifier: Apache-2.0
// cli/config_file.h   --config FILE of every command: values in TOML for what the command line leaves open.
#pragma once

#include <CLI/CLI.hpp>

namespace qmn::cli {

/// Gives each command below `app` the flag --config. Call it when all commands have been added.
///
/// A table a command, [train] or [data.synth]; its keys are the long flags without dashes ("-" and "_" are one) and the names of the arguments. Keys above the
/// first table hold for every command that knows them. The command line goes first, then the command's table, then the top, then the default; a flag that
/// excludes one of the command line is skipped. Relative files and folders are relative to the file's folder. All tables are checked, not only that of
/// the command that runs. A list is a list of values, or joined by commas where the flag takes a,b,c.
///
/// Error (data): a file that is no TOML. Error (usage) that names file and line: a key or table that does not exist (with the nearest that does), a value that
/// the flag does not take.
void add_config(CLI::App& app);

}  // namespace qmn::cli
