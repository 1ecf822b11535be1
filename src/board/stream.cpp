// SPDX-License-Identifier: Apache-2.0
// board/stream.cpp   One long run over samples: stream.bin in; outputs.bin, a run of the network after the other, and words.bin out.
#include "base/error.h"
#include "base/file.h"
#include "board/board.h"
#include "board/firmware_process.h"
#include "board/tools.h"

#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr std::chrono::seconds kStartTimeout{60};
/// The slowest net on the slowest core takes some seconds of the emulator's time for a second of sound.
constexpr int kTimeoutPerSecond = 30;

/// Tells `observe`, now and then while it lives, how large a file is by now.
class FileWatch {
 public:
  FileWatch(fs::path path, const std::function<void(std::int64_t)>& observe) {
    if (!observe) return;
    thread_ = std::jthread([this, path = std::move(path), &observe](const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      while (!wake_.wait_for(lock, stop, std::chrono::milliseconds(500), [&] { return stop.stop_requested(); })) {
        std::error_code error;
        const auto bytes = fs::file_size(path, error);
        if (!error) observe(static_cast<std::int64_t>(bytes));
      }
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // joined first
};

TensorBytes to_bytes(std::string_view bytes) { return {bytes.begin(), bytes.end()}; }

std::vector<HeardWord> parse_words(std::string_view bytes, const std::string& image) {
  std::vector<HeardWord> words;
  std::array<std::int32_t, 3> record{};
  if (bytes.size() % sizeof record != 0) fail_data("{}: the firmware's words are broken: {} bytes", image, bytes.size());
  for (; !bytes.empty(); bytes.remove_prefix(sizeof record)) {
    std::memcpy(record.data(), bytes.data(), sizeof record);
    words.push_back({.word = record[0], .score = record[1], .frame = static_cast<std::uint32_t>(record[2])});
  }
  return words;
}

}  // namespace

BoardStream run_stream(const BuiltFirmware& firmware, const std::string& board, std::span<const std::int16_t> samples, int sample_rate_hz, const std::function<void(std::int64_t output_bytes)>& observe) {
  check_board(board);
  if (board != kHostBoard) require_program(kEmulator, kEmulator, "run firmware for " + board);
  const FirmwareProcess process;
  write_file_atomic(process.file("stream.bin"), {reinterpret_cast<const char*>(samples.data()), samples.size_bytes()});
  const auto seconds = static_cast<std::int64_t>(samples.size()) / sample_rate_hz;
  const std::string image = firmware.image.string();
  std::map<std::string, std::int64_t> report;
  {
    const FileWatch watch(process.file("outputs.bin"), observe);
    report = process.run(image, board, kStartTimeout + std::chrono::seconds(kTimeoutPerSecond * seconds), fmt::format("{} s of sound", seconds));
  }
  BoardStream stream{.logits = {}, .scores = {}, .heard = parse_words(read_file(process.file("words.bin")), image), .frames = report["frames"], .selftest_mismatches = report["selftest_mismatches"],
                     .stack_bytes = report["stack_bytes"]};
  const auto class_count = static_cast<std::size_t>(report["class_count"]);
  const std::size_t logits_bytes = class_count * static_cast<std::size_t>(report["logit_bytes"]), run_bytes = logits_bytes + class_count;
  const std::string outputs = read_file(process.file("outputs.bin"));
  const auto runs = static_cast<std::size_t>(report["inferences"]);
  if (outputs.size() != runs * run_bytes) fail_data("{}: the firmware's outputs are broken: {} bytes for {} runs of {}", image, outputs.size(), runs, run_bytes);
  for (std::size_t run = 0; run < runs; ++run) {
    const std::string_view output = std::string_view(outputs).substr(run * run_bytes, run_bytes);
    stream.logits.push_back(to_bytes(output.substr(0, logits_bytes)));
    stream.scores.push_back(to_bytes(output.substr(logits_bytes)));
  }
  return stream;
}

}  // namespace qmn
