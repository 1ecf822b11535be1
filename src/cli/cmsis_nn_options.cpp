// SPDX-License-Identifier: Apache-2.0
#include "cli/cmsis_nn_options.h"

#include "base/error.h"

#include <filesystem>
#include <sstream>

namespace fs = std::filesystem;

namespace qmn::cli {

void CmsisNnOptions::add(CLI::App& command) {
  command.add_option("--cmsis_nn_include,--cmsis-nn-include", include_dir, "Folders of CMSIS-NN's headers, separated by semicolons, for exports with --kernels cmsis-nn-…")->envname("CMSIS_NN_INCLUDE_DIR");
  command.add_option("--cmsis_nn_library,--cmsis-nn-library", library, "CMSIS-NN as a static library for the board's core")->envname("CMSIS_NN_LIBRARY");
}

CmsisNn cmsis_nn_for(const CmsisNnOptions& options, const Manifest& manifest, const std::string& folder) {
  if (manifest.kernels == "qmn") return {};
  if (options.include_dir.empty() || options.library.empty()) {
    fail_usage("{}: its layers run in {}; say where an installed copy is: --cmsis_nn_include and --cmsis_nn_library, or CMSIS_NN_INCLUDE_DIR and CMSIS_NN_LIBRARY in the environment",
               folder, manifest.kernels == "cmsis-nn-q7" ? "CMSIS-NN's q7 API (CMSIS 5.9.0)" : "CMSIS-NN, compiled with CMSIS_NN_USE_SINGLE_ROUNDING");
  }
  CmsisNn place;
  std::istringstream folders(options.include_dir);
  bool has_header = false;
  for (std::string include; std::getline(folders, include, ';');) {
    if (!fs::is_directory(include)) fail_data("{}: is no folder (--cmsis_nn_include)", include);
    has_header |= fs::exists(fs::path(include) / "arm_nnfunctions.h");
    place.include_dir += (place.include_dir.empty() ? "" : ";") + fs::absolute(include).string();
  }
  if (!has_header) fail_data("{}: holds no arm_nnfunctions.h (--cmsis_nn_include)", options.include_dir);
  if (!fs::is_regular_file(options.library)) fail_data("{}: is no file (--cmsis_nn_library)", options.library);
  place.library = fs::absolute(options.library).string();
  return place;
}

}  // namespace qmn::cli
