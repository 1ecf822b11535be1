// SPDX-License-Identifier: Apache-2.0
#include "cli/checkup.h"

#include "base/error.h"
#include "base/subprocess.h"
#include "board/board.h"
#include "board/tools.h"
#include "data/speech_engine.h"
#include "engine/engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

using State = Check::State;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string apt(const std::string& package) { return "apt install " + package; }

/// Of a program that says its version.
Check check_program(const std::string& program, const std::string& package, const std::string& cost, bool is_needed) {
  Check check{.name = program, .state = State::ok, .found = {}, .cost = {}, .remedy = {}, .is_needed = is_needed};
  if (!find_program(program)) {
    check.state = State::missing;
    check.found = "not on PATH";
    check.cost = cost;
    check.remedy = apt(package);
    return check;
  }
  check.found = first_line(run_process({program, "--version"}).out);
  return check;
}

Check check_engine() {
  Check check{.name = "float engine", .state = State::ok, .found = "libqmn_engine.so on libtorch", .cost = {}, .remedy = {}, .is_needed = true};
  try {
    engine();
  } catch (const Error& error) {
    check.state = State::missing;
    check.found = error.what();
    check.cost = "no train, quantize, finetune, and no eval in float";
    check.remedy = apt("libtorch1.13 libopenblas0-pthread");
  }
  return check;
}

/// The BLAS that the engine has just loaded: the file that is mapped into this process.
Check check_blas() {
  Check check{.name = "BLAS", .state = State::weak, .found = "none loaded", .cost = {}, .remedy = {}, .is_needed = false};
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::string file = line.substr(std::min(line.find('/'), line.size()));
    const std::string name = fs::path(file).filename().string();
    const bool is_fast = file.find("openblas") != std::string::npos || file.find("mkl") != std::string::npos || file.find("blis") != std::string::npos;
    if (is_fast || name.starts_with("libblas")) {
      check.found = file;
      check.state = is_fast ? State::ok : State::weak;
      if (is_fast) break;
    }
  }
  if (check.state != State::ok) {
    check.cost = "training and searches take many times as long";
    check.remedy = apt("libopenblas0-pthread");
  }
  return check;
}

Check check_build_tool() {
  for (const char* program : {"ninja", "make"}) {
    if (find_program(program)) return check_program(program, "ninja-build", "", true);
  }
  return check_program("ninja", "ninja-build", "firmware is not built: no run, no bench", true);
}

Check check_arm_library() {
  Check check{.name = "newlib", .state = State::ok, .found = "libc.a for Cortex-M", .cost = {}, .remedy = {}, .is_needed = true};
  if (!find_program(kArmCompiler) || !has_arm_library()) {
    check.state = State::missing;
    check.found = fmt::format("{} finds no C library", kArmCompiler);
    check.cost = "firmware is not built for boards: no run, no bench";
    check.remedy = apt("libnewlib-arm-none-eabi");
  }
  return check;
}

Check check_emulator() {
  Check check = check_program(kEmulator, "qemu-system-arm", "no run and no bench on boards; run --board host compares the same C on this machine", true);
  if (check.state != State::ok) return check;
  const std::string machines = run_process({kEmulator, "-M", "help"}).out;
  std::vector<std::string> unknown;
  for (const std::string& board : board_names()) {
    if (board != kHostBoard && machines.find(board + ' ') == std::string::npos) unknown.push_back(board);
  }
  if (!unknown.empty()) {
    check.state = State::weak;
    check.cost = fmt::format("it does not know {}: no run there", fmt::join(unknown, ", "));
    check.remedy = "QEMU 6.0 or later knows all";
  }
  return check;
}

std::vector<Check> check_speech() {
  std::vector<Check> checks;
  for (const auto& engine : speech_engines()) {
    Check check{.name = engine->name(), .state = State::ok, .found = {}, .cost = {}, .remedy = {}, .is_needed = false};
    if (engine->is_available()) {
      check.found = engine->version();
    } else {
      check.state = State::missing;
      check.found = "not on PATH";
      check.cost = "data synth has fewer voices; without any engine it makes no data set, and recordings are needed";
      check.remedy = apt(engine->package());
    }
    checks.push_back(check);
  }
  return checks;
}

Check check_onnxruntime() {
  Check check{.name = "ONNX Runtime", .state = State::ok, .found = {}, .cost = {}, .remedy = {}, .is_needed = false};
  const char* folder = std::getenv("QMN_ONNXRUNTIME");
  std::error_code ignored;
  if (folder != nullptr && find_program("node") && fs::is_directory(fs::path(folder) / "node_modules" / "onnxruntime-node", ignored)) {
    check.found = folder;
  } else {
    check.state = State::missing;
    check.found = folder == nullptr ? "QMN_ONNXRUNTIME is not set" : fmt::format("QMN_ONNXRUNTIME={}: no node, or no onnxruntime-node there", folder);
    check.cost = "of the tests alone: those that compare with ONNX Runtime are skipped";
    check.remedy = "scripts/setup.sh --tests";
  }
  return check;
}

Check check_cpu() {
  Check check{.name = "CPU", .state = State::ok, .found = fmt::format("{} cores", std::thread::hardware_concurrency()), .cost = {}, .remedy = {}, .is_needed = false};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    check.found += ", AVX2";
  } else {
    check.state = State::weak;
    check.found += ", no AVX2";
    check.cost = "integer evaluation takes longer; its numbers are the same";
  }
#endif
  return check;
}

constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;

Check check_disk() {
  constexpr double kEnoughGibibytes = 1;
  Check check{.name = "disk", .state = State::ok, .found = {}, .cost = {}, .remedy = {}, .is_needed = false};
  std::error_code error;
  const fs::space_info space = fs::space(".", error);
  const double free_gibibytes = error ? 0 : static_cast<double>(space.available) / kGibibyte;
  check.found = error ? error.message() : fmt::format("{:.1f} GiB free in the working folder", free_gibibytes);
  if (free_gibibytes < kEnoughGibibytes) {
    check.state = State::weak;
    check.cost = fmt::format("below {} GiB a data set of synthesized voices, its features and a training state may not fit", kEnoughGibibytes);
    check.remedy = "free some space";
  }
  return check;
}

Check check_memory() {
  constexpr double kEnoughGibibytes = 2;
  Check check{.name = "memory", .state = State::ok, .found = "unknown", .cost = {}, .remedy = {}, .is_needed = false};
  std::ifstream file("/proc/meminfo");
  std::string name;
  double kibibytes = 0;
  while (file >> name >> kibibytes && name != "MemAvailable:") file.ignore(100, '\n');
  if (name != "MemAvailable:") return check;
  const double gibibytes = kibibytes * 1024 / kGibibyte;
  check.found = fmt::format("{:.1f} GiB available", gibibytes);
  if (gibibytes < kEnoughGibibytes) {
    check.state = State::weak;
    check.cost = fmt::format("below {} GiB training on a large data set may end for lack of memory", kEnoughGibibytes);
    check.remedy = "close other programs";
  }
  return check;
}

}  // namespace

std::vector<Check> check_machine() {
  std::vector<Check> checks{check_engine(), check_blas()};
  const std::string no_firmware = "firmware is not built: no run, no bench";
  checks.push_back(check_program("cmake", "cmake", no_firmware, true));
  checks.push_back(check_build_tool());
  checks.push_back(check_program(kArmCompiler, "gcc-arm-none-eabi", "firmware is not built for boards: no run, no bench; export works", true));
  checks.push_back(check_arm_library());
  checks.push_back(check_program("arm-none-eabi-size", "binutils-arm-none-eabi", "flash and RAM are not measured: no run, no bench", true));
  checks.push_back(check_emulator());
  checks.push_back(check_program("cc", "gcc", "no run --board host", false));
  for (Check& check : check_speech()) checks.push_back(std::move(check));
  checks.push_back(check_onnxruntime());
  checks.push_back(check_cpu());
  checks.push_back(check_memory());
  checks.push_back(check_disk());
  return checks;
}

}  // namespace qmn::cli
