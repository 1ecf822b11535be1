// SPDX-License-Identifier: Apache-2.0
// The `dsp` kernels in their assembly, on the emulated Cortex-M4, and the `mve` kernels on the emulated Cortex-M55, equal the `ref` kernels.
#include "base/file.h"
#include "base/subprocess.h"
#include "emit/compile.h"
#include "emit/emit.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

/// Builds tests/runtime/<check>.c with all files of runtime/ that `kernels` name, and runs it.
void expect_equal_on_board(const std::string& board_name, const std::vector<std::string>& core, const std::string& check, const std::vector<std::string>& kernels) {
  const TemporaryFolder folder;
  FileSet files = board_files(board_name);
  files["main.c"] = fmt::format("#include \"board.h\"\n#include \"{0}_check.h\"\nint main(void) {{\n  board_init();\n  return qmn_{0}_check(250) ? 1 : 0;\n}}\n", check);
  write_files(files, folder.path());
  const std::string runtime = QMN_RUNTIME, checks = QMN_RUNTIME_TESTS, board = "boards/cortex-m/";
  for (const char* optimization : {"-O2", "-Os"}) {
    std::vector<std::string> arguments{optimization, "-ffreestanding", "-I" + runtime, "-I" + checks, "-Iboards/common", "-I" + board, "main.c", checks + "/" + check + "_check.c",
                                       board + "startup.c", board + "board.c", board + "semihosting.c", "-nostartfiles", "-DBOARD_INSTRUCTIONS_PER_1024_TICKS=40960", "-L" + board, "-T",
                                       "boards/" + board_name + "/linker.ld", "-Wl,--gc-sections", "-o", "check.elf"};
    for (const std::string& kernel : kernels) arguments.push_back(runtime + "/qmn_" + kernel + ".c");
    const ProcessResult built = compile(core, arguments, folder.path());
    ASSERT_EQ(built.exit_code, 0) << built.err;
    const ProcessResult run = run_process({"qemu-system-arm", "-M", board_name, "-semihosting-config", "enable=on,target=native", "-nographic", "-monitor", "none", "-serial", "none", "-kernel", "check.elf"},
                                          {.input = {}, .folder = folder.path(), .timeout = std::chrono::seconds(120)});
    EXPECT_EQ(run.exit_code, 0) << optimization << run.out << run.err;
  }
}

class KernelsOnBoard : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"arm-none-eabi-gcc", "qemu-system-arm"}) {
      if (!find_program(program)) GTEST_SKIP() << "no " << program;
    }
  }
};

TEST_F(KernelsOnBoard, ThoseOfTheDspExtensionEqualTheReference) {
  expect_equal_on_board("mps2-an386", {"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"}, "dsp",
                        {"average_pool2d_s8_dsp", "average_pool2d_s8_ref", "conv2d_s8_dsp", "conv2d_s16_dsp", "conv2d_s16_ref", "conv2d_s8_ref", "depthwise_conv2d_s8_dsp", "depthwise_conv2d_s16_dsp", "depthwise_conv2d_s16_ref",
                         "depthwise_conv2d_s8_ref", "fully_connected_s8_dsp", "fully_connected_s16_dsp", "fully_connected_s16_ref", "fully_connected_s8_ref", "tile_packed_s8_dsp", "tile_s16_dsp", "tile_s8_dsp"});
}

TEST_F(KernelsOnBoard, ThoseOfHeliumEqualTheReference) {
  expect_equal_on_board("mps3-an547", {"arm-none-eabi-gcc", "-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"}, "mve",
                        {"average_pool2d_s8_mve", "average_pool2d_s8_ref", "conv2d_s8_mve", "conv2d_s8_ref", "depthwise_conv2d_s8_mve", "depthwise_conv2d_s8_ref", "fully_connected_s8_mve",
                         "fully_connected_s8_ref", "tile_s8_mve"});
}

}  // namespace
}  // namespace qmn
