// SPDX-License-Identifier: Apache-2.0
// engine/loader.cpp   Finds libqmn_engine.so and loads it on first use: named by QMN_ENGINE_PATH, else beside the running program or in
// ../lib/qmn/ from there; else from where the library stands that this code is in (libqmn.so), in its qmn/ or ../qmn/.
#include "base/error.h"
#include "engine/module.h"

#include <dlfcn.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace qmn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModuleName = "libqmn_engine.so";

std::vector<fs::path> candidates() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  std::vector<fs::path> paths{program.parent_path() / kModuleName, (program.parent_path() / "../lib/qmn" / kModuleName).lexically_normal()};
  Dl_info here{};
  if (::dladdr(reinterpret_cast<const void*>(&engine), &here) == 0 || here.dli_fname == nullptr) return paths;
  const fs::path library = fs::canonical(here.dli_fname, error);
  if (error || library == program) return paths;
  for (const char* folder : {".", "qmn", "../qmn"}) paths.push_back((library.parent_path() / folder / kModuleName).lexically_normal());
  return paths;
}

fs::path module_path() {
  if (const char* named = std::getenv("QMN_ENGINE_PATH"); named != nullptr && *named != '\0') {
    if (!fs::is_regular_file(named)) fail_data("QMN_ENGINE_PATH={}: no such file; it must name {}", named, kModuleName);
    return named;
  }
  const std::vector<fs::path> paths = candidates();
  std::error_code error;
  for (const fs::path& path : paths) {
    if (fs::is_regular_file(path, error)) return path;
  }
  std::vector<std::string> names;
  for (const fs::path& path : paths) names.push_back(path.string());
  fail_data("the float engine is missing: none of {} exists; build qmn_engine_module or set QMN_ENGINE_PATH to {}", fmt::join(names, ", "), kModuleName);
}

Engine& load() {
  const fs::path path = module_path();
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) fail_data("the float engine {} cannot be loaded: {}; is libtorch installed (Debian: libtorch1.13)?", path.string(), ::dlerror());
  const auto entry = reinterpret_cast<EngineEntry>(::dlsym(library, kEngineEntry));
  if (entry == nullptr) fail_data("{} is no float engine of qmn: it lacks {}", path.string(), kEngineEntry);
  return *entry();
}

}  // namespace

Engine& engine() {
  static Engine& instance = load();
  return instance;
}

}  // namespace qmn
