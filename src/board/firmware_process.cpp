// SPDX-License-Identifier: Apache-2.0
#include "board/firmware_process.h"

#include "base/error.h"
#include "base/subprocess.h"
#include "board/tools.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

namespace fs = std::filesystem;

namespace qmn {
namespace {

/// main.c's exit codes that are no failure of the run itself.
constexpr int kExitPass = 0, kExitSelfTestFailed = 1;

std::vector<std::string> command_line(const fs::path& image, const std::string& board) {
  if (board == kHostBoard) return {image.string()};
  return {kEmulator,  "-M",      board,   "-icount", "shift=0", "-semihosting-config", "enable=on,target=native",
          "-nographic", "-monitor", "none", "-serial", "none",    "-kernel",             image.string()};
}

/// The lines "qmn report <key> <value>"; "end" only when the firmware came to its end.
std::map<std::string, std::int64_t> parse_report(const std::string& console) {
  std::map<std::string, std::int64_t> report;
  std::istringstream lines(console);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string program, word, key;
    std::int64_t value = 0;
    if (fields >> program >> word >> key && program == "qmn" && word == "report") {
      fields >> value;
      report[key] = value;
    }
  }
  return report;
}

}  // namespace

FirmwareProcess::FirmwareProcess() {
  std::string pattern = (fs::temp_directory_path() / "qmn-run-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) fail_data("{}: cannot create: {}", pattern, std::strerror(errno));
  folder_ = pattern;
}

FirmwareProcess::~FirmwareProcess() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::map<std::string, std::int64_t> FirmwareProcess::run(const fs::path& image, const std::string& board, std::chrono::milliseconds timeout, const std::string& fed) const {
  const ProcessResult process = run_process(command_line(image, board), {.input = {}, .folder = folder_, .timeout = timeout});
  const std::string console = process.out + process.err;
  if (process.is_timed_out) {
    fail_data("{}: the firmware on {} hangs: no end after {} s for {}", image.string(), board, std::chrono::duration_cast<std::chrono::seconds>(timeout).count(), fed.empty() ? "the self-test" : fed);
  }
  const std::size_t fault = console.find("qmn fault");
  if (fault != std::string::npos) fail_data("{}: {} on {}", image.string(), console.substr(fault, console.find('\n', fault) - fault), board);
  std::map<std::string, std::int64_t> report = parse_report(console);
  const bool is_complete = report.contains("selftest_mismatches") && (fed.empty() || report.contains("end"));
  if ((process.exit_code != kExitPass && process.exit_code != kExitSelfTestFailed) || !is_complete) {
    fail_data("{}: the firmware on {} ended early (exit code {}): {}", image.string(), board, process.exit_code, first_message(process));
  }
  return report;
}

}  // namespace qmn
