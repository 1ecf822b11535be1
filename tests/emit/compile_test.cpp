// SPDX-License-Identifier: Apache-2.0
// Emitted C compiles without a warning on every target, and its self-test on the host agrees with the simulator: on the known answers that
// the simulator gave, the extremes of every input among them.
#include "emit/compile.h"
#include "emit/emit.h"
#include "emit/programs.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "simulate/random_nets.h"
#include "simulate/simulate.h"
#include "support/temporary_folder.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <sstream>

namespace qmn {
namespace {

constexpr const char* kSelfTestMain = R"(#include "@_selftest.h"
#include <stdio.h>
static void put(char c) { putchar(c); }
int main(void) { return @_selftest(put); }
)";

std::string selftest_main(const std::string& prefix) {
  std::string text = kSelfTestMain;
  for (std::size_t at; (at = text.find('@')) != std::string::npos;) text.replace(at, 1, prefix);
  return text;
}

FileSet emit(const Program& program, const std::string& prefix = "qmn", std::size_t answer_count = 8, KernelVariant variant = KernelVariant::ref) {
  const MemoryPlan plan = plan_memory(program, variant);
  return emit_project(program, plan, {.board = "none",
                                      .core = variant == KernelVariant::ref ? "" : std::ranges::find(cores(), variant, &Core::variant)->name,
                                      .known_answers = known_answers(program, plan, extreme_inputs(program, answer_count, 3)),
                                      .prefix = prefix});
}

/// What names a core to the compiler; Helium is there with the registers of the FPU alone.
std::vector<std::string> arm_compiler(const Core& core) {
  std::vector<std::string> compiler{"arm-none-eabi-gcc", "-mcpu=" + core.name, "-mthumb"};
  if (core.variant == KernelVariant::mve) compiler.emplace_back("-mfloat-abi=hard");
  return compiler;
}

/// Compiles the network with a main that runs its self-test, and runs that.
ProcessResult run_selftest(FileSet files, const TemporaryFolder& folder, const std::string& prefix = "qmn") {
  files["main.c"] = selftest_main(prefix);
  write_files(files, folder.path());
  std::vector<std::string> arguments = network_sources(files);
  arguments.insert(arguments.end(), {"-fsanitize=undefined", "-fno-sanitize-recover", "-o", "selftest"});
  const ProcessResult built = compile({"cc"}, arguments, folder.path());
  EXPECT_EQ(built.exit_code, 0) << built.err;
  return run_process({(folder.path() / "selftest").string()});
}

void expect_no_warnings(const Program& program, KernelVariant variant = KernelVariant::ref) {
  const TemporaryFolder folder;
  const FileSet files = emit(program, "qmn", 8, variant);
  write_files(files, folder.path());
  std::vector<std::vector<std::string>> compilers{{"cc"}};
  if (find_program("arm-none-eabi-gcc")) {
    for (const Core& core : cores()) {
      if (variant == KernelVariant::ref || core.variant == variant) compilers.push_back(arm_compiler(core));
    }
  }
  for (const auto& compiler : compilers) {
    for (const std::string& source : network_sources(files)) {
      const ProcessResult result = compile(compiler, {"-c", source, "-o", "out.o"}, folder.path());
      EXPECT_EQ(result.exit_code, 0) << fmt::format("{} {}\n{}", fmt::join(compiler, " "), source, result.err);
    }
  }
  if (compilers.size() == 1) GTEST_SKIP() << "compiled for the host only: no arm-none-eabi-gcc (apt install gcc-arm-none-eabi)";
}

TEST(EmittedC, CompilesWithoutWarningsForHostAndArm) { expect_no_warnings(tiny_program()); }

TEST(EmittedC, ALoopCompilesWithoutWarningsForHostAndArm) { expect_no_warnings(recurrent_program(1)); }

/// A net that takes every dsp kernel or every mve kernel, with one shift a layer or one a channel, and some that have none.
Program dsp_program(std::uint64_t seed) { return seed % 2 == 0 ? lower(random_ds_cnn(seed, NetFormats::wide).model()) : random_program(seed); }

TEST(EmittedC, KernelsOfVariantsCompileWithoutWarningsForHostAndArm) {
  for (const std::uint64_t seed : {2U, 3U}) {
    expect_no_warnings(dsp_program(seed), KernelVariant::dsp);
    expect_no_warnings(dsp_program(seed), KernelVariant::mve);
  }
}

/// A core takes kernels of its own variant and of those before it.
void expect_refusals(KernelVariant variant, const char* accepted, const char* refused) {
  if (!find_program("arm-none-eabi-gcc")) GTEST_SKIP() << "no arm-none-eabi-gcc (apt install gcc-arm-none-eabi)";
  const TemporaryFolder folder;
  write_files(emit(tiny_program(), "qmn", 8, variant), folder.path());
  for (const Core& core : cores()) {
    const ProcessResult result = compile(arm_compiler(core), {"-c", "qmn_net.c", "-o", "net.o"}, folder.path());
    EXPECT_EQ(result.exit_code == 0, core.variant >= variant) << core.name << result.err;
    EXPECT_NE(result.err.find(core.variant >= variant ? accepted : refused), std::string::npos) << core.name << result.err;
  }
}

TEST(EmittedC, KernelsAreRefusedByACoreWithoutTheirInstructions) {
  expect_refusals(KernelVariant::dsp, "kernels for the DSP extension (SMLAD)", "exported for a core with the DSP extension");
  expect_refusals(KernelVariant::mve, "kernels for Helium (VMLADAV)", "exported for a core with Helium");
}

void expect_equal_to_simulator_and_reference(KernelVariant variant) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(fmt::format("{}, seed {}", variant_name(variant), seed));
    const Program program = dsp_program(seed);
    const MemoryPlan plan = plan_memory(program, variant);
    const auto inputs = extreme_inputs(program, 20, 3);
    const Simulator simulator(program, plan), reference(program, plan_memory(program));
    for (const TensorBytes& input : inputs) EXPECT_EQ(simulator.trace(input), reference.trace(input));
    const TemporaryFolder folder;
    const ProcessResult result = run_selftest(emit_project(program, plan, {.board = "none", .known_answers = known_answers(program, plan, inputs)}), folder);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }
}

TEST(EmittedC, ProgramsOfVariantsEqualTheirSimulatorAndTheReference) {
  expect_equal_to_simulator_and_reference(KernelVariant::dsp);
  expect_equal_to_simulator_and_reference(KernelVariant::mve);
}

TEST(EmittedC, HeadersAreReadByCpp) {
  const TemporaryFolder folder;
  FileSet files = emit(tiny_program());
  files["user.cpp"] = "#include \"qmn_net.h\"\n#include \"qmn_selftest.h\"\nint main() { qmn_net_input()[0] = 1; qmn_net_run(); return qmn_net_scores()[0] + qmn_selftest(0); }\n";
  write_files(files, folder.path());
  const ProcessResult result = run_process({"c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iruntime", "user.cpp"}, {.input = {}, .folder = folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(EmittedC, SelfTestOfTheTinyProgramPassesOnTheHost) {
  const TemporaryFolder folder;
  const ProcessResult result = run_selftest(emit(tiny_program()), folder);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "qmn self-test: PASS, 0 of 48 values differ from the known answers\n");
}

TEST(EmittedC, SelfTestCountsAndNamesWrongValues) {
  const TemporaryFolder folder;
  const Program program = tiny_program();
  const MemoryPlan plan = plan_memory(program);
  std::vector<KnownAnswer> answers = known_answers(program, plan, extreme_inputs(program, 2, 3));
  const int right = answers[1].logits[2];
  answers[1].logits[2] = static_cast<std::int8_t>(right ^ 1);
  answers[0].scores[0] = static_cast<std::int8_t>(answers[0].scores[0] ^ 1);
  const ProcessResult result = run_selftest(emit_project(program, plan, {.board = "none", .known_answers = answers}), folder);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.out.find(fmt::format("vector 2, logit 2: expected {}, got {}\n", right ^ 1, right)), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("FAIL, 2 of 12 values differ"), std::string::npos) << result.out;
}

TEST(EmittedC, RandomProgramsEqualTheSimulator) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const TemporaryFolder folder;
    const ProcessResult result = run_selftest(emit(random_program(seed)), folder);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }
}

TEST(EmittedC, Int16ChannelsAndCorrectionsEqualTheSimulator) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (const Model& model : {random_ds_cnn(seed, NetFormats::wide).model(), random_dnn(seed, NetFormats::wide).model(), random_image_net(seed, NetFormats::wide).model()}) {
      SCOPED_TRACE(fmt::format("seed {}", seed));
      const TemporaryFolder folder;
      const ProcessResult result = run_selftest(emit(lower(model), "qmn", 40), folder);
      EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    }
  }
}

TEST(EmittedC, Int16AndChannelsCompileWithoutWarningsForHostAndArm) { expect_no_warnings(lower(random_ds_cnn(2, NetFormats::wide).model())); }

TEST(EmittedC, RandomLoopsEqualTheSimulator) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const TemporaryFolder folder;
    const ProcessResult result = run_selftest(emit(recurrent_program(seed), "qmn", 300), folder);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }
}

TEST(EmittedC, TwoNetsOfDifferentPrefixesLinkTogether) {
  const TemporaryFolder folder;
  FileSet files = emit(tiny_program(), "wake");
  files.merge(emit(random_program(5), "command"));
  files["main.c"] = "#include \"wake_selftest.h\"\n#include \"command_selftest.h\"\nint main(void) { return wake_selftest(0) + command_selftest(0); }\n";
  write_files(files, folder.path());
  std::vector<std::string> arguments = network_sources(files);
  arguments.insert(arguments.end(), {"-o", "both"});
  const ProcessResult built = compile({"cc"}, arguments, folder.path());
  ASSERT_EQ(built.exit_code, 0) << built.err;
  EXPECT_EQ(run_process({(folder.path() / "both").string()}).exit_code, 0);
}

TEST(EmittedC, WithoutTheCLibraryOnlyMemoryFunctionsAreMissing) {
  if (!find_program("arm-none-eabi-gcc")) GTEST_SKIP() << "no arm-none-eabi-gcc (apt install gcc-arm-none-eabi)";
  const TemporaryFolder folder;
  const FileSet files = emit(tiny_program());
  write_files(files, folder.path());
  std::vector<std::string> arguments = network_sources(files);
  arguments.insert(arguments.end(), {"-nostdlib", "-r", "-o", "net.o"});
  ASSERT_EQ(compile({"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"}, arguments, folder.path()).exit_code, 0);
  const ProcessResult undefined = run_process({"arm-none-eabi-nm", "-u", "net.o"}, {.input = {}, .folder = folder.path()});
  std::istringstream words(undefined.out);
  for (std::string word; words >> word;) {
    EXPECT_TRUE(word == "U" || word == "memcpy" || word == "memset") << word;
  }
}

}  // namespace
}  // namespace qmn
