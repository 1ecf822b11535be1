// SPDX-License-Identifier: Apache-2.0
// The `dsp` kernels in their assembly, on the emulated Cortex-M4, equal the `ref` kernels.
#include "base/file.h"
#include "base/subprocess.h"
#include "emit/compile.h"
#include "emit/emit.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(DspKernelsOnBoard, EqualTheReference) {
  for (const char* program : {"arm-none-eabi-gcc", "qemu-system-arm"}) {
    if (!find_program(program)) GTEST_SKIP() << "no " << program;
  }
  const TemporaryFolder folder;
  FileSet files = board_files("mps2-an386");
  files["main.c"] = "#include \"board.h\"\n#include \"dsp_check.h\"\nint main(void) {\n  board_init();\n  return qmn_dsp_check(250) ? 1 : 0;\n}\n";
  write_files(files, folder.path());
  const std::string runtime = QMN_RUNTIME, checks = QMN_RUNTIME_TESTS, board = "boards/cortex-m/";
  for (const char* optimization : {"-O2", "-Os"}) {
    std::vector<std::string> arguments{optimization, "-ffreestanding", "-I" + runtime, "-I" + checks, "-Iboards/common", "-I" + board, "main.c", checks + "/dsp_check.c",
                                       board + "startup.c", board + "board.c", board + "semihosting.c", "-nostartfiles", "-DBOARD_INSTRUCTIONS_PER_1024_TICKS=40960", "-L" + board, "-T", "boards/mps2-an386/linker.ld", "-Wl,--gc-sections",
                                       "-o", "check.elf"};
    for (const char* kernel : {"average_pool2d_s8_dsp", "average_pool2d_s8_ref", "conv2d_s8_dsp", "conv2d_s16_dsp", "conv2d_s16_ref", "conv2d_s8_ref", "depthwise_conv2d_s8_dsp", "depthwise_conv2d_s8_ref", "fully_connected_s8_dsp", "fully_connected_s8_ref", "tile_packed_s8_dsp", "tile_s8_dsp"}) {
      arguments.push_back(runtime + "/qmn_" + kernel + ".c");
    }
    const ProcessResult built = compile({"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"}, arguments, folder.path());
    ASSERT_EQ(built.exit_code, 0) << built.err;
    const ProcessResult run = run_process({"qemu-system-arm", "-M", "mps2-an386", "-semihosting-config", "enable=on,target=native", "-nographic", "-monitor", "none", "-serial", "none",
                                           "-kernel", "check.elf"},
                                          {.input = {}, .folder = folder.path(), .timeout = std::chrono::seconds(120)});
    EXPECT_EQ(run.exit_code, 0) << optimization << run.out << run.err;
  }
}

}  // namespace
}  // namespace qmn
