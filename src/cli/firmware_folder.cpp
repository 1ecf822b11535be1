// SPDX-License-Identifier: Apache-2.0
#include "cli/firmware_folder.h"

#include "base/error.h"
#include "base/file.h"

#include <nlohmann/json.hpp>

namespace fs = std::filesystem;

namespace qmn::cli {

std::string to_json(const Manifest& manifest) {
  nlohmann::ordered_json object{{"board", manifest.board},     {"core", manifest.core},               {"variant", manifest.variant}, {"kernels", manifest.kernels},
                                      {"prefix", manifest.prefix},
                                      {"program", manifest.program}, {"arena_bytes", manifest.arena_bytes}, {"constant_bytes", manifest.constant_bytes}};
  if (manifest.point) object["point"] = nlohmann::ordered_json::parse(to_json(*manifest.point));
  return object.dump(2) + "\n";
}

Manifest read_manifest(const fs::path& folder) {
  const fs::path path = folder / kManifestName;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) fail_data("{}: no such folder; make one with qmn export", folder.string());
  if (!fs::exists(path, ignored)) fail_data("{}: holds no exported firmware (no {}); make one with qmn export", folder.string(), kManifestName);
  try {
    const nlohmann::json object = nlohmann::json::parse(read_file(path));
    const auto point = object.find("point");
    return {.board = object.at("board"),     .core = object.at("core"),               .variant = object.at("variant"), .kernels = object.at("kernels"), .prefix = object.at("prefix"),
            .program = object.at("program"), .arena_bytes = object.at("arena_bytes"), .constant_bytes = object.at("constant_bytes"),
            .point = point == object.end() ? std::nullopt : std::optional(operating_point_from_json(point->dump(), path.string(), point->at("thresholds").size()))};
  } catch (const nlohmann::json::exception& error) {
    fail_data("{}: is broken ({}); export the folder again", path.string(), error.what());
  }
}

KernelVariant variant_of(const Manifest& manifest, const std::string& folder) {
  for (const KernelVariant variant : kKernelVariants) {
    if (manifest.variant == variant_name(variant)) return variant;
  }
  fail_data("{}: was exported with kernels \"{}\", which this qmn does not know; export the folder again", folder, manifest.variant);
}

}  // namespace qmn::cli
