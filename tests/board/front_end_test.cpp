// SPDX-License-Identifier: Apache-2.0
// The integer front end on the emulated Cortex-M4, which takes the assembly of its transform, equals the host byte for byte.
#include "base/file.h"
#include "base/random.h"
#include "base/subprocess.h"
#include "emit/compile.h"
#include "emit/emit.h"
#include "frontend/fixed_mfcc.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstring>

namespace fs = std::filesystem;

namespace qmn {
namespace {

template <class T>
std::string array(const char* type, const char* name, const std::vector<T>& values) {
  return fmt::format("static const {} {}[] = {{{}}};\n", type, name, fmt::join(values, ", "));
}

std::string program_text(const MfccTables& tables) {
  const qmn_mfcc& s = tables.scalars;
  return "#include \"board.h\"\n#include \"qmn_mfcc.h\"\n" + array("int16_t", "window", tables.window) + array("int32_t", "twiddles", tables.twiddles) +
         array("uint16_t", "falling", tables.falling) + array("int16_t", "segments", tables.segments) + array("int16_t", "dct", tables.dct) +
         array("int8_t", "feature_frac_bits", tables.feature_frac_bits) +
         fmt::format("static const qmn_mfcc mfcc = {{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, window, twiddles, falling, segments, dct, feature_frac_bits}};\n",
                     s.window_samples, s.hop_samples, s.fft_length, s.fft_log2, s.input_bits, s.first_bin, s.end_bin, s.band_count, s.coefficient_count, s.log2_offset,
                     s.floor_log2, s.dct_frac_bits) +
         fmt::format("static int32_t workspace[QMN_MFCC_WORKSPACE_BYTES({}, {}, {}) / 4];\nstatic int16_t samples[{}], features[{}];\n", s.fft_length, s.first_bin,
                     s.end_bin, s.window_samples + 1, s.coefficient_count) +
         "int main(void) {\n"
         "  board_init();\n"
         "  const int in = board_open_read(\"samples.bin\"), out = board_open_write(\"features.bin\");\n"
         "  const int32_t bytes = 2 * mfcc.window_samples;\n"
         "  while (board_read(in, samples, bytes) == bytes) {\n"
         "    qmn_mfcc_frame(&mfcc, samples, workspace, features);\n"
         "    if (board_write(out, features, 2 * mfcc.coefficient_count)) return 1;\n"
         "  }\n"
         "  return board_close(out);\n"
         "}\n";
}

std::vector<std::int16_t> frames(int window, int count) {
  Random random({static_cast<std::uint64_t>(window), 1});
  std::vector<std::int16_t> samples;
  for (int frame = 0; frame < count; ++frame) {
    const std::uint64_t amplitude = frame == 0 ? 0 : frame == 1 ? 32767 : std::uint64_t{1} << random.uniform_int(15);
    for (int i = 0; i < window; ++i) samples.push_back(static_cast<std::int16_t>(static_cast<int>(random.uniform_int(2 * amplitude + 1)) - static_cast<int>(amplitude)));
  }
  for (int i = 0; i < window; ++i) samples.push_back(i % 2 == 0 ? 32767 : -32768);
  for (int i = 0; i < window; ++i) samples.push_back(-32768);
  return samples;
}

/// "" or what is missing.
std::string missing() {
  for (const char* program : {"arm-none-eabi-gcc", "qemu-system-arm"}) {
    if (!find_program(program)) return program;
  }
  return "";
}

void expect_equal_on_board(int window, int mel_bands, const std::string& core, const std::string& optimization) {
  FrontEndSettings settings;
  settings.window_samples = settings.clip_samples = settings.hop_samples = window;
  settings.mel_bands = mel_bands;
  settings.coefficient_count = std::min(10, mel_bands);
  const std::vector<std::int16_t> samples = frames(window, 40);
  const FixedMfcc mfcc(settings);
  std::vector<std::int16_t> expected;
  for (std::size_t at = 0; at < samples.size(); at += static_cast<std::size_t>(window)) {
    const auto frame = mfcc.compute(std::span(samples).subspan(at, static_cast<std::size_t>(window)));
    expected.insert(expected.end(), frame.begin(), frame.end());
  }

  const TemporaryFolder folder;
  FileSet files = board_files("mps2-an386");
  files["main.c"] = program_text(mfcc.tables());
  write_files(files, folder.path());
  write_file_atomic(folder.path() / "samples.bin", std::string(reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof samples[0]));
  const std::string runtime = QMN_RUNTIME, board = "boards/cortex-m/";
  const ProcessResult built = compile({"arm-none-eabi-gcc", "-mcpu=" + core, "-mthumb", "-ffreestanding", optimization},
                                      {"-I" + runtime, "-Iboards/common", "-I" + board, "main.c", runtime + "/qmn_mfcc.c", runtime + "/qmn_fft.c", board + "startup.c", board + "board.c",
                                       board + "semihosting.c", "-nostartfiles", "-DBOARD_INSTRUCTIONS_PER_1024_TICKS=40960", "-L" + board, "-T", "boards/mps2-an386/linker.ld", "-Wl,--gc-sections", "-o", "front_end.elf"},
                                      folder.path());
  ASSERT_EQ(built.exit_code, 0) << built.err;
  const ProcessResult run = run_process({"qemu-system-arm", "-M", "mps2-an386", "-semihosting-config", "enable=on,target=native", "-nographic", "-monitor", "none", "-serial", "none",
                                         "-kernel", "front_end.elf"},
                                        {.input = {}, .folder = folder.path(), .timeout = std::chrono::seconds(60)});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const std::string bytes = read_file(folder.path() / "features.bin");
  ASSERT_EQ(bytes.size(), expected.size() * sizeof expected[0]);
  std::vector<std::int16_t> features(expected.size());
  std::memcpy(features.data(), bytes.data(), bytes.size());
  EXPECT_EQ(features, expected);
}

TEST(FrontEndOnBoard, EqualsTheHostOnACoreWithSimd) {
  if (const std::string program = missing(); !program.empty()) GTEST_SKIP() << "no " << program;
  for (const int window : {640, 480, 401, 250, 33, 5}) expect_equal_on_board(window, window < 64 ? 3 : 40, "cortex-m4", "-O2");
  expect_equal_on_board(640, 40, "cortex-m4", "-O0");
  expect_equal_on_board(480, 40, "cortex-m4", "-Os");
}

TEST(FrontEndOnBoard, EqualsTheHostWithoutSimd) {
  if (const std::string program = missing(); !program.empty()) GTEST_SKIP() << "no " << program;
  expect_equal_on_board(640, 40, "cortex-m3", "-O2");
  expect_equal_on_board(401, 40, "cortex-m3", "-O3");
}

}  // namespace
}  // namespace qmn
