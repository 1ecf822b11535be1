// SPDX-License-Identifier: Apache-2.0
// cli/cmsis_nn_options.h   Where an installed CMSIS-NN is: flags of the commands that build firmware, or the environment.
#pragma once

#include "board/board.h"
#include "cli/firmware_folder.h"

#include <CLI/CLI.hpp>

#include <string>

namespace qmn::cli {

struct CmsisNnOptions {
  std::string include_dir, library;
  void add(CLI::App& command);
};

/// For a folder whose kernels are those of qmn: nothing. Otherwise what the options say, with absolute paths.
/// Error (usage) when they do not say it; error (data) naming a folder or file that is not there.
CmsisNn cmsis_nn_for(const CmsisNnOptions& options, const Manifest& manifest, const std::string& folder);

}  // namespace qmn::cli
