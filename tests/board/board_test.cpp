// SPDX-License-Identifier: Apache-2.0
// Exported projects are built and run on every board: output = simulator, byte for byte, extreme inputs included.
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "base/subprocess.h"
#include "board/board.h"
#include "emit/compile.h"
#include "emit/programs.h"
#include "frontend/fixed_mfcc.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "simulate/random_nets.h"
#include "simulate/random_recurrent.h"
#include "simulate/simulate.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>

namespace fs = std::filesystem;

namespace qmn {
namespace {

/// Why a board cannot run here, or an empty string.
std::string missing_for(const std::string& board) {
  for (const char* program : {"cmake", "cc"}) {
    if (!find_program(program)) return fmt::format("no {}", program);
  }
  if (board == "host") return "";
  for (const char* program : {"arm-none-eabi-gcc", "qemu-system-arm"}) {
    if (!find_program(program)) return fmt::format("no {} (apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm)", program);
  }
  return "";
}

/// A program with its plan and its exported project.
struct Export {
  explicit Export(Program p, const std::string& board = "mps2-an386", const std::string& prefix = "qmn")
      : program(std::move(p)), plan(plan_memory(program, core_of_board(board).variant)) {
    write_files(emit_project(program, plan, {.board = board, .known_answers = known_answers(program, plan, extreme_inputs(program, 2, 9)), .prefix = prefix}),
                folder.path());
  }
  /// Replaces the first `before` behind `anchor` in a file of the project.
  void patch(const std::string& path, const std::string& anchor, const std::string& before, const std::string& after) {
    std::string text = read_file(folder.path() / path);
    const std::size_t start = text.find(anchor);
    ASSERT_NE(start, std::string::npos) << anchor;
    const std::size_t at = text.find(before, start);
    ASSERT_NE(at, std::string::npos) << before;
    write_file_atomic(folder.path() / path, text.replace(at, before.size(), after));
  }

  TemporaryFolder folder;
  Program program;
  MemoryPlan plan;
};

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// A convolution over MFCC of short clips, whose features have so many bits.
Model random_sound_net(int feature_bits) {
  Model model = random_ds_cnn(3).model();
  FrontEndSettings& front_end = model.metadata.front_end;
  const Shape& shape = model.graph.shape(model.graph.input);
  front_end = {};
  front_end.window_samples = 400;
  front_end.hop_samples = 170;
  front_end.coefficient_count = static_cast<int>(shape[3]);
  front_end.clip_samples = front_end.window_samples + static_cast<int>(shape[2] - 1) * front_end.hop_samples + 60;
  for (int c = 0; c < front_end.coefficient_count; ++c) front_end.coefficient_shifts.push_back(c % 9);
  model.quantization->formats[model.graph.input].total_bits = feature_bits;
  return model;
}

/// Digital silence, full scale, then quieter and quieter noise.
std::vector<std::int16_t> noise(int count, std::uint64_t seed) {
  Random random({seed, 5});
  const double amplitude = seed == 0 ? 0 : 32767.0 / static_cast<double>(std::uint64_t{1} << (3 * (seed - 1)));
  std::vector<std::int16_t> samples;
  for (int i = 0; i < count; ++i) samples.push_back(static_cast<std::int16_t>(random.uniform(-amplitude, amplitude)));
  return samples;
}

class Board : public testing::TestWithParam<std::string> {
 protected:
  /// Of two boards all programs are tried, of the other cores one of each kind.
  static bool is_tried_thoroughly() { return GetParam() == "mps2-an386" || GetParam() == "host"; }
  static std::string export_board() { return GetParam() == "host" ? "mps2-an386" : GetParam(); }
  void SetUp() override {
    const std::string missing = missing_for(GetParam());
    if (!missing.empty()) GTEST_SKIP() << missing;
  }
};

INSTANTIATE_TEST_SUITE_P(Boards, Board, testing::ValuesIn(board_names()), [](const auto& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
});

TEST_P(Board, OutputsAndTracesEqualTheSimulator) {
  const std::uint64_t more = is_tried_thoroughly() ? 3 : 0;
  std::vector<Program> programs{tiny_program()};
  for (std::uint64_t seed = 21; seed <= 21 + more; ++seed) programs.push_back(random_program(seed));
  for (std::uint64_t seed = 40; seed <= 40 + more; ++seed) programs.push_back(recurrent_program(seed));
  for (std::uint64_t seed = 2; seed <= 2 + more; ++seed) programs.push_back(lower(random_ds_cnn(seed, seed % 2 == 0 ? NetFormats::wide : NetFormats::plain).model()));
  if (is_tried_thoroughly()) programs.push_back(lower(random_dnn(1).model()));
  for (std::size_t i = 0; i < programs.size(); ++i) {
    SCOPED_TRACE(fmt::format("program {}", i));
    const Export project(programs[i], export_board());
    const Simulator simulator(project.program, project.plan);
    const auto inputs = extreme_inputs(project.program, 9, i);
    const BuiltFirmware firmware = build_firmware(project.folder.path(), GetParam());
    const BoardRun run = run_firmware(firmware, GetParam(), inputs, false);
    const BoardRun traced = run_firmware(firmware, GetParam(), inputs, true);
    EXPECT_EQ(run.selftest_mismatches, 0);
    ASSERT_EQ(run.logits.size(), inputs.size());
    ASSERT_EQ(traced.traces.size(), inputs.size());
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const Simulator::Result expected = simulator.run(inputs[k], 1);
      EXPECT_EQ(run.logits[k], expected.logits);
      EXPECT_EQ(run.scores[k], expected.scores);
      EXPECT_EQ(traced.logits[k], expected.logits);
      EXPECT_EQ(traced.traces[k], simulator.trace(inputs[k]));
    }
    for (const std::size_t size : {inputs[0].size() - 1, inputs[0].size() + 1, 2 * inputs[0].size()}) {
      const std::string message = error_of([&] { run_firmware(firmware, GetParam(), {std::vector<std::int8_t>(size)}, false); });
      EXPECT_NE(message, "no error") << size << " bytes as one input";
    }
    if (GetParam() != "host") {
      EXPECT_GT(run.instructions_per_inference, 100);
      EXPECT_GT(run.stack_bytes, 0);
      EXPECT_GT(firmware.size.network_flash_bytes, 0);
      EXPECT_GT(firmware.size.flash_bytes, firmware.size.network_flash_bytes);
      EXPECT_EQ((firmware.size.network_ram_bytes + 3) / 4, (project.plan.arena_bytes + 3) / 4);
    }
  }
}

TEST_P(Board, LoweredRecurrentAndBranchingNetsEqualTheSimulatorOn300Inputs) {
  if (!is_tried_thoroughly()) GTEST_SKIP() << "tried on mps2-an386 and on the host";
  for (const auto make : {random_lstm, random_gru, random_crnn, random_branching_net}) {
    const Export project(lower(make(7)));
    const Simulator simulator(project.program, project.plan);
    const auto inputs = extreme_inputs(project.program, 300, 7);
    std::vector<TensorBytes> observed;  // part by part, in the order of the inputs
    const RunObserver observe = [&](std::size_t first, const BoardRun& part) {
      EXPECT_EQ(first, observed.size());
      observed.insert(observed.end(), part.logits.begin(), part.logits.end());
    };
    const BoardRun run = run_firmware(build_firmware(project.folder.path(), GetParam()), GetParam(), inputs, false, std::chrono::minutes(5), observe);
    EXPECT_EQ(observed, run.logits);
    EXPECT_EQ(run.selftest_mismatches, 0);
    ASSERT_EQ(run.logits.size(), inputs.size());
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const Simulator::Result expected = simulator.run(inputs[k], 1);
      ASSERT_EQ(run.logits[k], expected.logits) << "input " << k;
      ASSERT_EQ(run.scores[k], expected.scores) << "input " << k;
    }
  }
}

TEST_P(Board, AChangedConstantIsSeenBySelfTestAndTrace) {
  Export project(tiny_program(), export_board());
  project.patch("qmn_net.c", "static const qmn_conv2d int_value", ".pad_left = 0", ".pad_left = 1");  // the second kernel
  const BuiltFirmware firmware = build_firmware(project.folder.path(), GetParam());
  const auto inputs = extreme_inputs(project.program, 5, 1);
  const BoardRun run = run_firmware(firmware, GetParam(), inputs, true);
  EXPECT_GT(run.selftest_mismatches, 0);
  const auto expected = Simulator(project.program, project.plan).trace(inputs[4]);
  EXPECT_EQ(run.traces[4][1], expected[1]);
  EXPECT_NE(run.traces[4][2], expected[2]);
}

TEST_P(Board, AnUnchangedProjectIsNotBuiltAgain) {
  Export project(tiny_program(), export_board());
  const fs::path image = build_firmware(project.folder.path(), GetParam()).image;
  const auto first = fs::last_write_time(image);
  EXPECT_EQ(fs::last_write_time(build_firmware(project.folder.path(), GetParam()).image), first);
  project.patch("qmn_net.c", "qmn_conv2d conv_1 ", ".clip_max = 127", ".clip_max = 126");
  EXPECT_NE(fs::last_write_time(build_firmware(project.folder.path(), GetParam()).image), first);
}

/// Clips through the firmware's own front end: features, logits and scores are the host's, on every core.
TEST_P(Board, FeaturesOfClipsEqualTheHostsFrontEnd) {
  for (const int bits : {8, 16}) {
    const Export project(lower(random_sound_net(bits)), export_board());
    ASSERT_TRUE(hears_sound(project.program));
    const FrontEndSettings& front_end = project.program.metadata.front_end;
    const Simulator simulator(project.program, project.plan);
    const FixedMfcc mfcc(front_end);
    std::vector<TensorBytes> clips, inputs;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const std::vector<std::int16_t> samples = noise(front_end.clip_samples, seed);
      clips.push_back(tensor_bytes(std::vector<std::int32_t>(samples.begin(), samples.end()), {16, 15}));
      inputs.push_back(simulator.quantize_input(mfcc.features(samples), 1));
    }
    const BuiltFirmware firmware = build_firmware(project.folder.path(), GetParam());
    const BoardRun run = run_firmware(firmware, GetParam(), clips, false, std::chrono::milliseconds{0}, {}, InputKind::clips);
    const BoardRun traced = run_firmware(firmware, GetParam(), clips, true, std::chrono::milliseconds{0}, {}, InputKind::clips);
    EXPECT_EQ(run.features, inputs);
    ASSERT_EQ(run.logits.size(), clips.size());
    for (std::size_t i = 0; i < clips.size(); ++i) {
      const Simulator::Result expected = simulator.run(inputs[i], 1);
      EXPECT_EQ(run.logits[i], expected.logits);
      EXPECT_EQ(run.scores[i], expected.scores);
      EXPECT_EQ(traced.traces[i], simulator.trace(inputs[i]));
    }
    if (GetParam() == "host") continue;
    EXPECT_GT(run.instructions_per_frame, 1000);
    EXPECT_GT(firmware.size.front_end_flash_bytes, 1000);
    const std::string message = error_of([&] { run_firmware(firmware, GetParam(), {TensorBytes(100)}, false, std::chrono::milliseconds{0}, {}, InputKind::clips); });
    EXPECT_NE(message, "no error") << "a clip of 50 samples";
  }
}

TEST(BoardTools, AMovedProjectIsBuiltAnew) {
  const std::string missing = missing_for("host");
  if (!missing.empty()) GTEST_SKIP() << missing;
  const Export project(tiny_program());
  build_firmware(project.folder.path(), "host");
  const TemporaryFolder elsewhere;
  fs::copy(project.folder.path(), elsewhere.path() / "moved project", fs::copy_options::recursive);
  const BuiltFirmware firmware = build_firmware(elsewhere.path() / "moved project", "host");
  EXPECT_EQ(firmware.image.string().rfind(fs::canonical(elsewhere.path()).string(), 0), 0U) << firmware.image;
  EXPECT_EQ(run_firmware(firmware, "host", {}, false).selftest_mismatches, 0);
}

TEST_P(Board, AnotherPrefixRunsAsWell) {
  const Export project(random_program(30), export_board(), "wake_word");
  const auto inputs = extreme_inputs(project.program, 3, 1);
  const BoardRun run = run_firmware(build_firmware(project.folder.path(), GetParam()), GetParam(), inputs, true);
  EXPECT_EQ(run.traces[2], Simulator(project.program, project.plan).trace(inputs[2]));
}

TEST_P(Board, CompilerErrorsAreShown) {
  Export project(tiny_program(), export_board());
  project.patch("qmn_net.c", "#include", "#include", "this is no C\n#include");
  const std::string message = error_of([&] { build_firmware(project.folder.path(), GetParam()); });
  EXPECT_NE(message.find("cannot be built"), std::string::npos) << message;
  EXPECT_NE(message.find("qmn_net.c:"), std::string::npos) << message;
  EXPECT_NE(message.find("error:"), std::string::npos) << message;
}

TEST(BoardHang, IsAnError) {
  const std::string missing = missing_for("mps2-an386");
  if (!missing.empty()) GTEST_SKIP() << missing;
  Export project(tiny_program());
  project.patch("qmn_net.c", "void qmn_net_run(void) {", "TRACE(0", "for (volatile int hangs = 1; hangs;) {}\n  TRACE(0");
  const BuiltFirmware firmware = build_firmware(project.folder.path(), "mps2-an386");
  const std::string message = error_of([&] { run_firmware(firmware, "mps2-an386", extreme_inputs(project.program, 1, 1), false, std::chrono::seconds(2)); });
  EXPECT_NE(message.find("hangs"), std::string::npos) << message;
}

TEST(BoardFault, IsReportedWithItsAddress) {
  const std::string missing = missing_for("mps2-an386");
  if (!missing.empty()) GTEST_SKIP() << missing;
  Export project(tiny_program());
  project.patch("qmn_net.c", "void qmn_net_run(void) {", "TRACE(0", "*(volatile int *)0xE0100000u = 1;\n  __asm__ volatile(\"udf #0\");\n  TRACE(0");
  const BuiltFirmware firmware = build_firmware(project.folder.path(), "mps2-an386");
  const std::string message = error_of([&] { run_firmware(firmware, "mps2-an386", extreme_inputs(project.program, 1, 1), false); });
  EXPECT_NE(message.find("qmn fault: pc 0x0000"), std::string::npos) << message;
}

TEST(BoardCounter, CountsInstructionsBeyondItsWrap) {
  const std::string missing = missing_for("mps2-an386");
  if (!missing.empty()) GTEST_SKIP() << missing;
  // 2 instructions a turn; 2^24 ticks of 40 instructions are 671 million.
  constexpr std::int64_t kTurns = 500'000'000;
  Export project(tiny_program());
  project.patch("qmn_net.c", "void qmn_net_run(void) {", "TRACE(0",
                fmt::format("static int runs; if (++runs > 2) __asm__ volatile(\"ldr r3, ={}\\n1: subs r3, #1\\n bne 1b\\n\" ::: \"r3\", \"cc\");\n  TRACE(0", kTurns));
  const BuiltFirmware firmware = build_firmware(project.folder.path(), "mps2-an386");
  const BoardRun run = run_firmware(firmware, "mps2-an386", extreme_inputs(project.program, 1, 1), false, std::chrono::minutes(5));
  EXPECT_GT(run.instructions_per_inference, 2 * kTurns);
  EXPECT_LT(run.instructions_per_inference, 2 * kTurns + 100'000);
}

TEST(BoardTools, AnExportWithoutBoardRunsOnTheHostAndNowhereElse) {
  const std::string missing = missing_for("host");
  if (!missing.empty()) GTEST_SKIP() << missing;
  const Export project(tiny_program(), "none");
  const auto inputs = extreme_inputs(project.program, 4, 1);
  const BoardRun run = run_firmware(build_firmware(project.folder.path(), "host"), "host", inputs, true);
  EXPECT_EQ(run.traces[3], Simulator(project.program, project.plan).trace(inputs[3]));
  EXPECT_FALSE(fs::exists(project.folder.path() / "boards"));
  const std::string message = error_of([&] { build_firmware(project.folder.path(), "mps2-an386"); });
  EXPECT_NE(message.find("was not exported for mps2-an386"), std::string::npos) << message;
}

TEST(BoardTools, UnknownBoardsAndForeignFoldersAreRefused) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of([&] { build_firmware(folder.path(), "teensy"); }).find("unknown board; there is mps2-an385, mps2-an386"), std::string::npos);
  EXPECT_NE(error_of([&] { build_firmware(folder.path(), "host"); }).find("holds no exported project"), std::string::npos);
  EXPECT_NE(error_of([&] { build_firmware(folder.path() / "nothing", "host"); }).find("holds no exported project"), std::string::npos);
}

TEST(BoardTools, MissingToolsAreNamedWithTheirPackage) {
  const Export project(tiny_program());
  const std::string path = std::getenv("PATH");
  const TemporaryFolder tools;
  ::setenv("PATH", tools.path().c_str(), 1);
  const std::string no_cmake = error_of([&] { build_firmware(project.folder.path(), "mps2-an386"); });
  fs::create_symlink("/bin/true", tools.path() / "cmake");
  const std::string no_compiler = error_of([&] { build_firmware(project.folder.path(), "mps2-an386"); });
  fs::create_symlink("/bin/true", tools.path() / "arm-none-eabi-gcc");
  const std::string no_library = error_of([&] { build_firmware(project.folder.path(), "mps2-an386"); });
  const std::string no_emulator = error_of([&] { run_firmware({}, "mps2-an386", {}, false); });
  const std::string no_host_compiler = error_of([&] { build_firmware(project.folder.path(), "host"); });
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_NE(no_cmake.find("apt install cmake"), std::string::npos) << no_cmake;
  EXPECT_NE(no_compiler.find("apt install gcc-arm-none-eabi"), std::string::npos) << no_compiler;
  EXPECT_NE(no_library.find("apt install libnewlib-arm-none-eabi"), std::string::npos) << no_library;
  EXPECT_NE(no_emulator.find("apt install qemu-system-arm"), std::string::npos) << no_emulator;
  EXPECT_NE(no_host_compiler.find("apt install gcc"), std::string::npos) << no_host_compiler;
}

}  // namespace
}  // namespace qmn
