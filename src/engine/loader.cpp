// SPDX-License-Identifier: Apache-2.0
// engine/loader.cpp   Finds libqmn_engine.so and loads it on first use: named by QMN_ENGINE_PATH, else beside the running program, else in
// ../lib/qmn/ from there.
#include "base/error.h"
#include "engine/module.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace qmn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModuleName = "libqmn_engine.so";

fs::path module_path() {
  if (const char* named = std::getenv("QMN_ENGINE_PATH"); named != nullptr && *named != '\0') {
    if (!fs::is_regular_file(named)) fail_data("QMN_ENGINE_PATH={}: no such file; it must name {}", named, kModuleName);
    return named;
  }
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path beside = folder / kModuleName;
  const fs::path installed = (folder / "../lib/qmn" / kModuleName).lexically_normal();
  for (const fs::path& path : {beside, installed}) {
    if (fs::is_regular_file(path, error)) return path;
  }
  fail_data("the float engine is missing: neither {} nor {} exists; build qmn_engine_module or set QMN_ENGINE_PATH to {}", beside.string(),
            installed.string(), kModuleName);
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
