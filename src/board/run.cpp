// SPDX-License-Identifier: Apache-2.0
// board/run.cpp   Runs a firmware over inputs or clips, in several processes: inputs.bin or clips.bin in, outputs.bin, traces.bin and the report out.
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "board/board.h"
#include "board/firmware_process.h"
#include "board/tools.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <span>
#include <thread>

namespace fs = std::filesystem;

namespace qmn {
namespace {

using Inputs = std::span<const TensorBytes>;

/// Inputs that one process runs: few enough that a hang is noticed soon.
constexpr std::size_t kMostInputsPerProcess = 16;
constexpr std::chrono::seconds kStartTimeout{60};
constexpr std::chrono::seconds kInferenceTimeout{20};

std::string all_bytes(Inputs inputs) {
  std::string bytes;
  for (const auto& input : inputs) bytes.append(reinterpret_cast<const char*>(input.data()), input.size());
  return bytes;
}

TensorBytes to_bytes(std::string_view bytes) { return {bytes.begin(), bytes.end()}; }

/// traces.bin: (tensor, bytes, values) for each tensor; every inference begins with the same tensor, the input.
std::vector<std::vector<TensorBytes>> parse_traces(std::string_view bytes, std::size_t inference_count) {
  std::vector<std::vector<TensorBytes>> traces;
  std::int32_t input_tensor = -1;
  std::array<std::int32_t, 2> head{};
  while (bytes.size() >= sizeof head) {
    std::memcpy(head.data(), bytes.data(), sizeof head);
    bytes.remove_prefix(sizeof head);
    const auto [tensor, size] = head;
    if (tensor < 0 || tensor > 1'000'000 || size < 0 || static_cast<std::size_t>(size) > bytes.size()) break;
    if (input_tensor < 0) input_tensor = tensor;
    if (tensor == input_tensor) traces.emplace_back();
    auto& trace = traces.back();
    if (trace.size() <= static_cast<std::size_t>(tensor)) trace.resize(static_cast<std::size_t>(tensor) + 1);
    trace[static_cast<std::size_t>(tensor)] = to_bytes(bytes.substr(0, static_cast<std::size_t>(size)));
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  if (!bytes.empty() || traces.size() != inference_count) fail_data("the firmware's traces are broken: {} inferences of {}", traces.size(), inference_count);
  return traces;
}

/// One process over some of the inputs.
BoardRun run_process_over(const fs::path& image, const std::string& board, Inputs inputs, InputKind kind, bool traces, std::chrono::milliseconds timeout) {
  const FirmwareProcess process;
  if (!inputs.empty()) write_file_atomic(process.file(kind == InputKind::clips ? "clips.bin" : "inputs.bin"), all_bytes(inputs));
  std::map<std::string, std::int64_t> report = process.run(image, board, timeout, inputs.empty() ? "" : fmt::format("{} inputs", inputs.size()));

  BoardRun run;
  for (const auto& [key, ticks] : report) {
    int tensor = 0;
    if (std::sscanf(key.c_str(), "tensor_%d", &tensor) == 1) run.instructions_by_tensor[tensor] = ticks * report["instructions_per_1024_ticks"] / 1024;
  }
  run.selftest_mismatches = report["selftest_mismatches"];
  if (inputs.empty()) return run;
  const auto class_count = static_cast<std::size_t>(report["class_count"]);
  const std::size_t logits_bytes = class_count * static_cast<std::size_t>(report["logit_bytes"]);
  const std::size_t feature_bytes = kind == InputKind::clips ? static_cast<std::size_t>(report["input_bytes"]) : 0;
  const std::size_t output_bytes = feature_bytes + logits_bytes + (report["has_scores"] != 0 ? class_count : 0);
  const std::string outputs = read_file(process.file("outputs.bin"));
  if (report["inferences"] != static_cast<std::int64_t>(inputs.size()) || outputs.size() != inputs.size() * output_bytes) {
    fail_data("{}: inputs of {} bytes do not fit the firmware, whose network takes {}", image.string(), inputs[0].size(), report["input_bytes"]);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::string_view output = std::string_view(outputs).substr(i * output_bytes, output_bytes);
    if (feature_bytes > 0) run.features.push_back(to_bytes(output.substr(0, feature_bytes)));
    output.remove_prefix(feature_bytes);
    run.logits.push_back(to_bytes(output.substr(0, logits_bytes)));
    run.scores.push_back(to_bytes(output.substr(logits_bytes)));
  }
  if (traces) run.traces = parse_traces(read_file(process.file("traces.bin")), inputs.size());
  // Sums, until the runs are merged. A clip's samples are followed by an inference of their own.
  const std::int64_t per_1024 = report["instructions_per_1024_ticks"];
  run.instructions_per_inference = report["ticks"] * per_1024 / 1024;
  if (kind == InputKind::clips) {
    run.instructions_per_frame = (report["push_ticks"] - report["ticks"]) * per_1024 / 1024 / std::max<std::int64_t>(1, report["frames_per_clip"]);
  }
  run.stack_bytes = report["stack_bytes"];
  return run;
}

template <class T>
void append(std::vector<T>& all, std::vector<T>&& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

BoardRun run_firmware(const BuiltFirmware& firmware, const std::string& board, const std::vector<TensorBytes>& inputs, bool traces,
                      std::chrono::milliseconds timeout, const RunObserver& observe, InputKind kind) {
  check_board(board);
  if (board != kHostBoard) require_program(kEmulator, kEmulator, "run firmware for " + board);
  const fs::path& image = traces ? firmware.trace_image : firmware.image;
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t share = std::max<std::size_t>((inputs.size() + threads - 1) / threads, 1);
  const std::size_t chunk = std::min(share, kMostInputsPerProcess);
  const std::size_t chunk_count = std::max<std::size_t>((inputs.size() + chunk - 1) / chunk, 1);
  if (timeout.count() == 0) timeout = kStartTimeout + kInferenceTimeout * static_cast<int>(chunk);

  std::vector<BoardRun> runs(chunk_count);
  std::mutex mutex;  // of the two below, and held while `observe` runs
  std::vector<bool> is_done(chunk_count, false);
  std::size_t next_observed = 0;
  parallel_for(chunk_count, [&](std::size_t i) {
    const std::size_t first = i * chunk;
    runs[i] = run_process_over(image, board, Inputs(inputs).subspan(first, std::min(chunk, inputs.size() - first)), kind, traces, timeout);
    const std::lock_guard lock(mutex);
    is_done[i] = true;
    for (; observe && next_observed < chunk_count && is_done[next_observed]; ++next_observed) observe(next_observed * chunk, runs[next_observed]);
  });

  BoardRun merged;
  for (BoardRun& run : runs) {
    append(merged.features, std::move(run.features));
    append(merged.logits, std::move(run.logits));
    append(merged.scores, std::move(run.scores));
    append(merged.traces, std::move(run.traces));
    merged.selftest_mismatches = std::max(merged.selftest_mismatches, run.selftest_mismatches);
    merged.instructions_per_inference += run.instructions_per_inference;
    merged.instructions_per_frame += run.instructions_per_frame;
    merged.stack_bytes = std::max(merged.stack_bytes, run.stack_bytes);
  }
  const auto input_count = static_cast<std::int64_t>(std::max<std::size_t>(1, inputs.size()));
  merged.instructions_per_inference /= input_count;
  merged.instructions_per_frame /= input_count;
  return merged;
}

std::map<int, std::int64_t> instructions_by_tensor(const BuiltFirmware& firmware, const std::string& board, const TensorBytes& input) {
  check_board(board);
  if (board == kHostBoard) return {};
  require_program(kEmulator, kEmulator, "run firmware for " + board);
  return run_process_over(firmware.bench_image, board, Inputs(&input, 1), InputKind::raw, false, kStartTimeout + kInferenceTimeout).instructions_by_tensor;
}

}  // namespace qmn
