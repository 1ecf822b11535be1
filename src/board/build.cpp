// SPDX-License-Identifier: Apache-2.0
// board/build.cpp   Runs the project's own CMakeLists.txt: the way that its README tells a user.
#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "board/board.h"
#include "board/tools.h"
#include "emit/emit.h"

#include <map>
#include <sstream>

namespace fs = std::filesystem;

namespace qmn {
namespace {

void require_toolchain(const std::string& board) {
  require_program("cmake", "cmake", "build firmware");
  if (board == kHostBoard) {
    if (!find_program("cc")) require_program("gcc", "gcc", "build the exported C for this machine");
    return;
  }
  require_program(kArmCompiler, "gcc-arm-none-eabi", "build firmware for " + board);
  if (!has_arm_library()) {
    fail_data("{} has no C library, which is needed to build firmware for {}; install it: apt install libnewlib-arm-none-eabi", kArmCompiler, board);
  }
}

std::string generator() {
  if (find_program("ninja")) return "Ninja";
  require_program("make", "ninja-build", "build firmware");
  return "Unix Makefiles";
}

/// A folder that a build has configured for sources elsewhere (the project was moved) or with another generator cannot be used again.
bool is_stale(const fs::path& build_folder, const fs::path& project, const std::string& generator_name) {
  const fs::path cache = build_folder / "CMakeCache.txt";
  if (!fs::exists(cache)) return false;
  const std::string text = read_file(cache);
  return text.find("CMAKE_HOME_DIRECTORY:INTERNAL=" + project.string() + "\n") == std::string::npos ||
         text.find("CMAKE_GENERATOR:INTERNAL=" + generator_name + "\n") == std::string::npos;
}

/// Board files for a project that brings none, rewritten only where they differ.
fs::path provide_board_files(const fs::path& folder) {
  for (const auto& [path, content] : board_files(kHostBoard)) {
    const fs::path target = folder / path;
    std::error_code ignored;
    fs::create_directories(target.parent_path(), ignored);
    if (!fs::exists(target, ignored) || read_file(target) != content) write_file_atomic(target, content);
  }
  return folder / "boards";
}

void run_step(const std::vector<std::string>& argv, const fs::path& project) {
  const ProcessResult result = run_process(argv);
  if (result.is_timed_out) fail_data("{}: {} does not come to an end", project.string(), argv[0]);
  if (result.exit_code != 0) fail_data("{}: cannot be built: {}", project.string(), first_message(result));
}

FirmwareSize measure(const fs::path& image) {
  require_program("arm-none-eabi-size", "binutils-arm-none-eabi", "measure firmware");
  const ProcessResult result = run_process({"arm-none-eabi-size", "-A", image.string()});
  if (result.exit_code != 0) fail_data("{}: cannot be measured: {}", image.string(), first_message(result));
  std::map<std::string, std::int64_t> sections;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    std::int64_t bytes = 0;
    if (fields >> name >> bytes && name.starts_with('.')) sections[name] = bytes;
  }
  // The sections of boards/mps2-an386/linker.ld.
  FirmwareSize size;
  for (const char* name : {".vectors", ".network", ".front_end", ".text", ".rodata", ".ARM.exidx", ".data"}) size.flash_bytes += sections[name];
  for (const char* name : {".data", ".network_ram", ".front_end_ram", ".bss"}) size.ram_bytes += sections[name];
  size.network_flash_bytes = sections[".network"];
  size.network_ram_bytes = sections[".network_ram"];
  size.front_end_flash_bytes = sections[".front_end"];
  size.front_end_ram_bytes = sections[".front_end_ram"];
  return size;
}

}  // namespace

BuiltFirmware build_firmware(const fs::path& project, const std::string& board, const CmsisNn& cmsis_nn) {
  check_board(board);
  std::error_code error;
  const fs::path source = fs::canonical(project, error);
  if (error || !fs::exists(source / "CMakeLists.txt", error)) {
    fail_data("{}: holds no exported project (no CMakeLists.txt); make one with qmn export", project.string());
  }
  const bool has_boards = fs::exists(source / "boards" / "boards.cmake", error);
  const fs::path toolchain = source / "boards" / board / "toolchain.cmake";
  if (board != kHostBoard && !fs::exists(toolchain, error)) {
    fail_data("{}: was not exported for {}; export it again with --board {}, or run it with --board {}", project.string(), board, board, kHostBoard);
  }
  require_toolchain(board);

  const fs::path build_folder = source / "build" / board;
  const std::string generator_name = generator();
  if (is_stale(build_folder, source, generator_name)) fs::remove_all(build_folder, error);
  fs::create_directories(build_folder, error);
  if (error) fail_data("{}: cannot create: {}", build_folder.string(), error.message());

  std::vector<std::string> configure{"cmake", "-S", source.string(), "-B", build_folder.string(), "-G", generator_name};
  if (board != kHostBoard) configure.push_back("-DCMAKE_TOOLCHAIN_FILE=" + toolchain.string());
  if (!has_boards) {
    configure.push_back("-DQMN_BOARDS=" + provide_board_files(build_folder).string());
    configure.push_back(std::string("-DQMN_BOARD=") + kHostBoard);
  }
  if (!cmsis_nn.include_dir.empty()) configure.push_back("-DCMSIS_NN_INCLUDE_DIR=" + cmsis_nn.include_dir);
  if (!cmsis_nn.library.empty()) configure.push_back("-DCMSIS_NN_LIBRARY=" + cmsis_nn.library);
  run_step(configure, project);
  run_step({"cmake", "--build", build_folder.string(), "--target", "firmware", "firmware_trace", "firmware_bench"}, project);

  const std::string extension = board == kHostBoard ? "" : ".elf";
  BuiltFirmware firmware{.image = build_folder / ("firmware" + extension), .trace_image = build_folder / ("firmware_trace" + extension),
                         .bench_image = build_folder / ("firmware_bench" + extension), .size = {}};
  if (board != kHostBoard) firmware.size = measure(firmware.image);
  return firmware;
}

}  // namespace qmn
