// SPDX-License-Identifier: Apache-2.0
// C whose layers run in CMSIS-NN: compiled without a warning, refused without the macro, and, linked with the stand-ins (tests/cmsis_nn/), in
// agreement with the reference on programs of every kind.
#include "base/file.h"
#include "emit/compile.h"
#include "emit/emit.h"
#include "emit/programs.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "program/traits.h"
#include "simulate/random_nets.h"
#include "support/temporary_folder.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr const char* kMain = R"(#include "qmn_selftest.h"
#include <stdio.h>
static void put(char c) { putchar(c); }
int main(void) { return qmn_selftest(put); }
)";

fs::path stand_in(KernelVariant variant) { return fs::path(QMN_STAND_INS) / (variant == KernelVariant::cmsis_nn_q7 ? "q7" : "s8"); }

FileSet emit(const Program& program, KernelVariant variant) {
  const MemoryPlan plan = plan_memory(program, variant);
  FileSet files = emit_project(program, plan, {.board = "none", .known_answers = known_answers(program, plan, extreme_inputs(program, 8, 3))});
  files["main.c"] = kMain;
  return files;
}

std::vector<std::string> flags(KernelVariant variant) {
  std::vector<std::string> flags{"-I" + stand_in(variant).string()};
  if (variant != KernelVariant::cmsis_nn_q7) flags.emplace_back("-DCMSIS_NN_USE_SINGLE_ROUNDING");
  return flags;
}

std::vector<Program> programs() {
  std::vector<Program> all{tiny_program(), recurrent_program(1), random_program(2), lower(random_ds_cnn(2, NetFormats::wide).model())};
  for (std::uint64_t seed = 1; seed <= 4; ++seed) all.push_back(lower(random_image_net(seed, seed == 4 ? NetFormats::wide : NetFormats::plain).model()));
  return all;
}

class CmsisNnC : public testing::TestWithParam<KernelVariant> {};

INSTANTIATE_TEST_SUITE_P(Variants, CmsisNnC, testing::Values(KernelVariant::cmsis_nn_q7, KernelVariant::cmsis_nn_s8),
                         [](const auto& info) { return std::string(variant_name(info.param)); });

TEST_P(CmsisNnC, EqualsTheReferenceOnProgramsOfEveryKind) {
  int library_count = 0, index = 0;
  for (const Program& program : programs()) {
    SCOPED_TRACE(fmt::format("program {}", index++));
    for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) { library_count += is_cmsis_nn(traits_of(program, kernel, GetParam()).variant) ? 1 : 0; });
    const TemporaryFolder folder;
    const FileSet files = emit(program, GetParam());
    write_files(files, folder.path());
    std::vector<std::string> arguments = network_sources(files);
    const std::vector<std::string> more = flags(GetParam());
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {GetParam() == KernelVariant::cmsis_nn_q7 ? QMN_STAND_IN_Q7 : QMN_STAND_IN_S8, "-O1", "-o", "selftest"});
#ifdef QMN_SANITIZED
    arguments.emplace_back("-fsanitize=address,undefined");  // as the stand-ins are
#endif
    const ProcessResult built = compile({"cc"}, arguments, folder.path());
    ASSERT_EQ(built.exit_code, 0) << built.err;
    const ProcessResult result = run_process({(folder.path() / "selftest").string()});
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }
  EXPECT_GE(library_count, 5);
}

TEST_P(CmsisNnC, CompilesWithoutWarningsForHostAndArm) {
  const TemporaryFolder folder;
  const FileSet files = emit(lower(random_ds_cnn(3).model()), GetParam());
  write_files(files, folder.path());
  std::vector<std::vector<std::string>> compilers{{"cc"}};
  if (find_program("arm-none-eabi-gcc")) {
    for (const char* core : {"cortex-m0", "cortex-m4", "cortex-m55"}) compilers.push_back({"arm-none-eabi-gcc", std::string("-mcpu=") + core, "-mthumb"});
  }
  for (const auto& compiler : compilers) {
    std::vector<std::string> arguments = flags(GetParam());
    arguments.insert(arguments.end(), {"-c", "qmn_net.c", "-o", "net.o"});
    const ProcessResult result = compile(compiler, arguments, folder.path());
    EXPECT_EQ(result.exit_code, 0) << fmt::format("{}\n{}", fmt::join(compiler, " "), result.err);
    EXPECT_NE(result.err.find("kernels of CMSIS-NN, the "), std::string::npos) << result.err;
  }
}

TEST(CmsisNnS8, IsRefusedWithoutSingleRoundingAndOnACoreWithHeliumThatItWasNotExportedFor) {
  const TemporaryFolder folder;
  write_files(emit(tiny_program(), KernelVariant::cmsis_nn_s8), folder.path());
  const std::string headers = "-I" + stand_in(KernelVariant::cmsis_nn_s8).string();
  const ProcessResult without = compile({"cc"}, {headers, "-c", "qmn_net.c", "-o", "net.o"}, folder.path());
  EXPECT_NE(without.exit_code, 0);
  EXPECT_NE(without.err.find("needs a CMSIS-NN that was compiled with CMSIS_NN_USE_SINGLE_ROUNDING"), std::string::npos) << without.err;
  if (!find_program("arm-none-eabi-gcc")) GTEST_SKIP() << "no arm-none-eabi-gcc (apt install gcc-arm-none-eabi)";
  const ProcessResult helium = compile({"arm-none-eabi-gcc", "-mcpu=cortex-m55", "-mfloat-abi=softfp", "-mthumb"},
                                       {headers, "-DCMSIS_NN_USE_SINGLE_ROUNDING", "-c", "qmn_net.c", "-o", "net.o"}, folder.path());
  EXPECT_NE(helium.exit_code, 0);
  EXPECT_NE(helium.err.find("exported for a core without Helium"), std::string::npos) << helium.err;
}

TEST(CmsisNnCMake, NamesWhatAnExportedProjectNeeds) {
  const std::string q7 = emit(tiny_program(), KernelVariant::cmsis_nn_q7).at("CMakeLists.txt"), s8 = emit(tiny_program(), KernelVariant::cmsis_nn_s8).at("CMakeLists.txt");
  for (const std::string& text : {q7, s8}) {
    EXPECT_NE(text.find("CMSIS_NN_INCLUDE_DIR"), std::string::npos);
    EXPECT_NE(text.find("target_link_libraries(${name} PUBLIC ${CMSIS_NN_LIBRARY})"), std::string::npos);
  }
  EXPECT_NE(q7.find("CMSIS 5.9.0"), std::string::npos);
  EXPECT_EQ(q7.find("SINGLE_ROUNDING"), std::string::npos);
  EXPECT_NE(s8.find("target_compile_definitions(${name} PRIVATE CMSIS_NN_USE_SINGLE_ROUNDING)"), std::string::npos);
}

}  // namespace
}  // namespace qmn
