// SPDX-License-Identifier: Apache-2.0
// board/board.h   Builds an exported project and runs it: on an emulated board, or on the host.
#pragma once

#include "program/tensor_bytes.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace qmn {

struct BoardRun {
  std::vector<TensorBytes> logits, scores;                 ///< of each input; scores are empty when the network has none
  std::vector<TensorBytes> features;                         ///< of each clip: what the front end made, as the network's input; of inputs none
  std::vector<std::vector<TensorBytes>> traces;              ///< of each input, each tensor by TensorId; only when asked for
  std::int64_t selftest_mismatches = 0;                      ///< output values that differ from the embedded known answers
  std::int64_t instructions_per_inference = 0;               ///< executed, from -icount, the mean over the inputs; 0 on the host
  std::int64_t instructions_per_frame = 0;                   ///< of clips: the front end's, a frame of features
  std::map<int, std::int64_t> instructions_by_tensor;        ///< of a firmware that counts so; see below
  std::int64_t stack_bytes = 0;                              ///< painted, the most that an inference used; 0 on the host
};

struct FirmwareSize {
  std::int64_t flash_bytes = 0;          ///< of the whole ELF: text + read-only + initial data; 0 on the host
  std::int64_t ram_bytes = 0;            ///< statics: data + bss, the arena among them; without stack
  std::int64_t network_flash_bytes = 0;  ///< of that, the network: code of the kernels and the run, weights, tables
  std::int64_t network_ram_bytes = 0;    ///< of that, the network: its arena
  std::int64_t front_end_flash_bytes = 0, front_end_ram_bytes = 0;  ///< of that, the front end and what listens behind it
};

struct BuiltFirmware {
  std::filesystem::path image;
  std::filesystem::path trace_image;  ///< the same with every tensor written out
  std::filesystem::path bench_image;  ///< the same with instructions counted tensor by tensor
  FirmwareSize size;
};

std::vector<std::string> board_names();  ///< "mps2-an386", …; "host" builds the same C for this machine

/// An installed CMSIS-NN, for projects whose layers run there.
struct CmsisNn {
  std::string include_dir;  ///< folders, separated by semicolons
  std::string library;      ///< a static library
};

/// Compiles a project folder that emit_project wrote, with its own CMakeLists.txt, in its folder build/<board>; what is up to date is not
/// built again. Error (data) names a missing program's Debian package, or the first compiler message. Error (usage): unknown board.
BuiltFirmware build_firmware(const std::filesystem::path& project, const std::string& board, const CmsisNn& cmsis_nn = {});

/// Executed instructions of an inference by the tensor that a kernel writes, by TensorId; in a loop those of all steps. That of the input means
/// nothing. Each is exact to a tick of the board (boards/, board.cmake) and some 30 instructions of counting. Empty on the host.
/// Error (data): as run_firmware.
std::map<int, std::int64_t> instructions_by_tensor(const BuiltFirmware& firmware, const std::string& board, const TensorBytes& input);

/// What a firmware is fed: the network's input as it lies in memory; or, where the program hears sound (emit/emit.h), clips of as many int16
/// samples as its front end's settings say, which the firmware's own front end turns into the input.
enum class InputKind { raw, clips };

/// Sees the outputs of inputs `first`, first + 1, … as soon as they are there.
using RunObserver = std::function<void(std::size_t first, const BoardRun& part)>;

/// Feeds inputs, in several processes at once, and collects outputs. Without inputs only the self-test runs.
/// `timeout` limits each process; 0 chooses one by the count of inputs. `observe` is called part by part, in the order of the inputs, by
/// one thread at a time.
/// Error (data): emulator missing (names the package), a fault, a hang, an input of another size than the network's.
BoardRun run_firmware(const BuiltFirmware& firmware, const std::string& board, const std::vector<TensorBytes>& inputs, bool traces,
                      std::chrono::milliseconds timeout = std::chrono::milliseconds{0}, const RunObserver& observe = {}, InputKind kind = InputKind::raw);

/// A word that the firmware called back with.
struct HeardWord {
  int word = 0;             ///< index of the class
  int score = 0;            ///< mean of the smoothed scores, Q0.7
  std::uint32_t frame = 0;  ///< the last one that the network saw
  friend bool operator==(const HeardWord&, const HeardWord&) = default;
};

struct BoardStream {
  std::vector<TensorBytes> logits, scores;  ///< of each run of the network
  std::vector<HeardWord> heard;
  std::int64_t frames = 0;               ///< of features
  std::int64_t selftest_mismatches = 0;
  std::int64_t stack_bytes = 0;          ///< painted, the most that the stream used; 0 on the host
};

/// Pushes a stream of samples of any length through a firmware that takes sound (emit/emit.h), a block at a time, and collects what it heard.
/// `observe` sees now and then how many bytes of outputs there are: logits and scores of each run. Pre: the firmware takes samples.
/// Error (data): as run_firmware.
BoardStream run_stream(const BuiltFirmware& firmware, const std::string& board, std::span<const std::int16_t> samples, int sample_rate_hz, const std::function<void(std::int64_t output_bytes)>& observe = {});

}  // namespace qmn
