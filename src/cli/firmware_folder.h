// SPDX-License-Identifier: Apache-2.0
// cli/firmware_folder.h   What export writes beside the C and run reads again: model.onnx and qmn.json.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace qmn::cli {

inline constexpr const char* kManifestName = "qmn.json";  ///< also says that qmn made the folder and may replace it
inline constexpr const char* kModelName = "model.onnx";

struct Manifest {
  std::string board;    ///< "mps2-an386", or "none"
  std::string core;     ///< "cortex-m4"
  std::string variant;  ///< of the kernels: what the constants are ordered for
  std::string kernels;  ///< "qmn", "cmsis-nn-q7" or "cmsis-nn-s8"
  std::string prefix;
  std::string program;  ///< its name
  std::int64_t arena_bytes = 0;
  std::int64_t constant_bytes = 0;  ///< weights, biases, tables
  std::optional<OperatingPoint> point{};  ///< of firmware that takes samples: what it was built with
};

std::string to_json(const Manifest& manifest);
/// Error (data) when the folder has no manifest or a broken one.
Manifest read_manifest(const std::filesystem::path& folder);
/// The forms of kernels that it names. Error (data) for a name that is none.
KernelVariant variant_of(const Manifest& manifest, const std::string& folder);

}  // namespace qmn::cli
