// SPDX-License-Identifier: Apache-2.0
// qmn export and qmn run as a user runs them: the folder, the table, the trace that names a sabotaged tensor, and wrong command lines.
#include "audio/wav.h"
#include "base/file.h"
#include "base/random.h"
#include "board/hand_quantized.h"
#include "board/stand_in.h"
#include "cli/run_qmn.h"
#include "formats/onnx_format.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

namespace fs = std::filesystem;

namespace qmn {
namespace {

bool has_board_tools() {
  return find_program("arm-none-eabi-gcc") && find_program("qemu-system-arm") && find_program("cmake");
}

/// A folder with a quantized model, a float one, and two clips of noise.
class Commands : public testing::Test {
 protected:
  void SetUp() override {
    Model model = hand_quantized("dnn", {12, 9}, {"_silence_", "_unknown_", "yes"});
    write_model(model, path("kws.q.onnx"));
    model.quantization.reset();
    write_model(model, path("kws.onnx"));
    Random random({4});
    for (const char* name : {"a.wav", "b.wav"}) {
      std::vector<float> samples(16000);
      for (float& sample : samples) sample = static_cast<float>(random.uniform(-0.3, 0.3));
      write_wav(path(name), samples, 16000);
    }
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  ProcessResult export_to(const std::string& name, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"export", path("kws.q.onnx"), "-o", path(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_qmn(arguments);
  }
  void patch(const std::string& name, const std::string& before, const std::string& after) const {
    std::string text = read_file(path(name));
    const std::size_t at = text.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    write_file_atomic(path(name), text.replace(at, before.size(), after));
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.insert(entry.path().filename().string());
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(Commands, ExportPrintsFormatsAndShiftsAndWritesTheFolder) {
  const ProcessResult result = export_to("firmware");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* text : {"bias_shift", "out_shift", "fully_connected", "Q3.4", "arena:", "next: qmn run"}) EXPECT_NE(result.out.find(text), std::string::npos) << text;
  for (const char* file : {"qmn_net.c", "qmn_net.h", "qmn_selftest.c", "weights.h", "README.md", "CMakeLists.txt", "model.onnx", "qmn.json", "boards/mps2-an386/linker.ld"}) {
    EXPECT_TRUE(fs::exists(path("firmware") + "/" + file)) << file;
  }
  EXPECT_EQ(read_file(path("firmware/model.onnx")), read_file(path("kws.q.onnx")));
  const auto json = json_of(export_to("firmware", {"--json"}));  // an earlier export is replaced
  EXPECT_EQ(json["layers"].size(), 4U);                          // two hidden layers, the logits, softmax
  EXPECT_TRUE(json["layers"][0]["out_shift"].is_number_integer());
}

TEST_F(Commands, ExportForOtherRuntimesIsOneFileThatComputesTheSame) {
  const ProcessResult result = export_to("net.onnx", {"--format", "onnx"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_file(path("net.onnx")), serialize_onnx_with_ties_up(read_model(path("kws.q.onnx"))));
  EXPECT_EQ(json_of(export_to("net.onnx", {"--format", "onnx", "--json"}))["file"], path("net.onnx"));
  fs::create_directory(path("taken"));
  expect_error(export_to("taken", {"--format", "onnx"}), 2, "writes a file");
  expect_error(export_to("x", {"--format", "tflite"}), 2, "there are c, onnx");
  EXPECT_FALSE(fs::exists(path("x")));
}

TEST_F(Commands, ExportIsDeterministic) {
  ASSERT_EQ(export_to("one").exit_code, 0);
  ASSERT_EQ(export_to("two").exit_code, 0);
  for (const auto& entry : fs::recursive_directory_iterator(path("one"))) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read_file(entry.path()), read_file(fs::path(path("two")) / fs::relative(entry.path(), path("one")))) << entry.path();
  }
}

TEST_F(Commands, WrongExportsSayWhatToDoAndLeaveNothingBehind) {
  const auto before = files();
  expect_error(run_qmn({"export", path("kws.onnx"), "-o", path("x")}), 1, "quantize it first: qmn quantize");
  expect_error(run_qmn({"export", path("nothing.onnx"), "-o", path("x")}), 1, "nothing.onnx");
  expect_error(run_qmn({"export", path("a.wav"), "-o", path("x")}), 1, "a.wav");
  expect_error(export_to("x", {"--kernels", "cmsis-nn"}), 2, "there is qmn, cmsis-nn-q7, cmsis-nn-s8");
  expect_error(export_to("x", {"--kernels", "cmsis-nn-s8", "--in_place"}), 2, "leave out one of the two");
  expect_error(export_to("x", {"--board", "uno"}), 2, "there is mps2-an385, mps2-an386, mps2-an500, mps2-an505, mps3-an547, microbit, none");
  expect_error(export_to("x", {"--self-tests", "0"}), 2, "between 1 and");
  expect_error(export_to("x", {"--prefix", "2nd"}), 2, "C identifier");
  expect_error(export_to("a.wav"), 1, "is no folder");
  EXPECT_EQ(files(), before);
  fs::create_directory(path("mine"));
  write_file_atomic(path("mine/file"), "precious");
  expect_error(export_to("mine"), 1, "was not made by qmn");
  EXPECT_EQ(read_file(path("mine/file")), "precious");
}

TEST_F(Commands, KernelsOfCmsisNnRunWhereTheLibraryIsNamed) {
  ::unsetenv("CMSIS_NN_INCLUDE_DIR");
  ::unsetenv("CMSIS_NN_LIBRARY");
  for (const auto& [api, flags] : {std::pair{"q7", std::vector<std::string>{}}, {"s8", {"-DCMSIS_NN_USE_SINGLE_ROUNDING"}}}) {
    const std::string folder = std::string("net_") + api;
    const ProcessResult exported = export_to(folder, {"--board", "none", "--kernels", std::string("cmsis-nn-") + api});
    ASSERT_EQ(exported.exit_code, 0) << exported.err;
    for (const char* text : {"cmsis_", "softmax (softmax) runs qmn's own kernel: CMSIS-NN's", "name an installed copy by CMSIS_NN_INCLUDE_DIR"}) EXPECT_NE(exported.out.find(text), std::string::npos) << exported.out;
    const StandIn library(api, "host", flags);
    const std::vector<std::string> run{"run", path(folder), path("a.wav"), "--board", "host"};
    const auto run_with = [&](std::vector<std::string> more) {
      more.insert(more.begin(), run.begin(), run.end());
      return run_qmn(more);
    };
    expect_error(run_with({}), 2, "--cmsis_nn_include and --cmsis_nn_library, or CMSIS_NN_INCLUDE_DIR");
    expect_error(run_with({"--cmsis_nn_include", path("nowhere"), "--cmsis_nn_library", library.library()}), 1, "nowhere: is no folder");
    expect_error(run_with({"--cmsis_nn_include", path("."), "--cmsis_nn_library", library.library()}), 1, "holds no arm_nnfunctions.h");
    expect_error(run_with({"--cmsis_nn_include", library.include_dir(), "--cmsis_nn_library", path("lib.a")}), 1, "lib.a: is no file");
    const ProcessResult result = run_with({"--cmsis_nn_include", library.include_dir(), "--cmsis_nn_library", library.library(), "--trace"});
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_NE(result.out.find("trace: all 5 tensors of 1 clips equal"), std::string::npos) << result.out;
  }
}

TEST_F(Commands, AModelOfWhichNoLayerCanRunInCmsisNnIsRefusedWithTheWayOut) {
  Model model = hand_quantized("dnn", {12, 9}, {"_silence_", "_unknown_", "yes"});
  for (const Node& node : model.graph.nodes) model.quantization->formats[output_of(node)].total_bits = 16;
  model.quantization->formats[model.graph.input].total_bits = 16;
  write_model(model, path("wide.q.onnx"));
  for (const char* kernels : {"cmsis-nn-q7", "cmsis-nn-s8"}) {
    expect_error(run_qmn({"export", path("wide.q.onnx"), "-o", path("x"), "--kernels", kernels}), 1, "its input has 16 bits; quantize it for that: qmn quantize --target cmsis-nn");
  }
  EXPECT_FALSE(fs::exists(path("x")));
}

TEST_F(Commands, RunOnTheHostEqualsTheSimulator) {
  ASSERT_EQ(export_to("net", {"--board", "none", "--prefix", "wake"}).exit_code, 0);
  const ProcessResult result = run_qmn({"run", path("net"), path("a.wav"), path("b.wav"), "--board", "host", "--trace", "--show_logits"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const char* text : {"2 of 2 clips: features, logits and scores equal the simulator's", "self-test on host: PASS", "trace: all 5 tensors of 2 clips equal", "a.wav  ", "\n  logits "}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << "\n" << result.out;
  }
  expect_error(run_qmn({"run", path("net"), path("a.wav")}), 2, "--board host");
  expect_error(run_qmn({"run", path("net"), path("a.wav"), "--board", "mps2-an386"}), 1, "was not exported for mps2-an386");
}

TEST_F(Commands, RunOnTheBoardEqualsTheSimulatorAndMeasures) {
  if (!has_board_tools()) GTEST_SKIP() << "no cross compiler or emulator (apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm)";
  ASSERT_EQ(export_to("firmware").exit_code, 0);
  const ProcessResult result = run_qmn({"run", path("firmware"), path("a.wav"), path("b.wav"), "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto json = json_of(result);
  EXPECT_EQ(json["equal"], 2);
  EXPECT_EQ(json["selftest_mismatches"], 0);
  EXPECT_EQ(json["clips"][0]["logits"].size(), 3U);
  // 250 · 12 + 12 · 9 + 9 · 3 MACs, two an instruction and at a hundred instructions each.
  EXPECT_GT(json["instructions_per_inference"], 3135 / 2);
  EXPECT_LT(json["instructions_per_inference"], 100 * 3135);
  EXPECT_GT(json["flash_bytes"], 3135);
  EXPECT_GE(json["static_ram_bytes"], json["arena_bytes"]);
}

TEST_F(Commands, BenchCountsEachLayerAndTheirSumIsTheInference) {
  if (!has_board_tools()) GTEST_SKIP() << "no cross compiler or emulator (apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm)";
  ASSERT_EQ(export_to("firmware").exit_code, 0);
  const auto json = json_of(run_qmn({"bench", path("firmware"), "--json"}));
  ASSERT_EQ(json["layers"].size(), 4U);
  std::int64_t sum = 0;
  for (const auto& layer : json["layers"]) {
    EXPECT_GT(layer["instructions"], 0) << layer;
    sum += layer["instructions"].get<std::int64_t>();
  }
  const auto whole = json["instructions_per_inference"].get<std::int64_t>();
  EXPECT_GT(sum, whole - 200);
  EXPECT_LT(sum, whole + 4 * 100);  // counting costs a few instructions a layer
  EXPECT_EQ(json["bound"], 3135 / 2);
  EXPECT_LT(json["bound"], whole);
  EXPECT_GT(json["instructions_per_frame"], 10'000);
  EXPECT_GT(json["front_end_flash_bytes"], 5'000);
  const ProcessResult text = run_qmn({"bench", path("firmware")});
  for (const char* part : {"fully_connected", "per MAC", "instructions an inference", "front end: ", "RAM: arena "}) EXPECT_NE(text.out.find(part), std::string::npos) << part;
  ASSERT_EQ(export_to("net", {"--board", "none"}).exit_code, 0);
  expect_error(run_qmn({"bench", path("net")}), 2, "export it with --board");
}

TEST_F(Commands, ExportForACoreChoosesItsKernels) {
  const auto json = json_of(export_to("m33", {"--board", "none", "--core", "cortex-m33", "--json"}));
  EXPECT_EQ(json["variant"], "dsp");
  EXPECT_EQ(json["layers"][0]["form"], "dsp");
  EXPECT_EQ(json_of(export_to("any", {"--board", "none", "--json"}))["variant"], "ref");
  EXPECT_EQ(json_of(export_to("m0", {"--board", "none", "--core", "cortex-m0", "--in_place", "--json"}))["variant"], "dsp");
  EXPECT_EQ(read_file(path("m0/qmn_net.c")).find("#error \"qmn_net.c was exported for a core"), std::string::npos);
  EXPECT_NE(read_file(path("m33/qmn_net.c")).find("#error \"qmn_net.c was exported for a core"), std::string::npos);
  expect_error(export_to("x", {"--core", "cortex-a53"}), 2, "there is cortex-m0");
  expect_error(export_to("x", {"--board", "mps2-an385", "--core", "cortex-m4"}), 2, "do not run on mps2-an385");
  expect_error(export_to("x", {"--threshold", "1.5"}), 2, "between 0 and 1");
  expect_error(export_to("x", {"--smoothing", "0"}), 2, "between 1 and");
  expect_error(export_to("x", {"--interval_ms", "0"}), 2, "above 0");
  expect_error(export_to("x", {"--rest_ms", "-1"}), 2, "between 0 and");
}

TEST_F(Commands, TraceNamesTheFirstTensorThatDiffers) {
  for (const std::string board : {"host", "mps2-an386"}) {
    if (board != "host" && !has_board_tools()) GTEST_SKIP() << "checked on the host only: no cross compiler or emulator";
    ASSERT_EQ(export_to("firmware").exit_code, 0);
    // The second layer: a shift that is one too large.
    std::string source = read_file(path("firmware/qmn_net.c"));
    const std::size_t layer = source.find("static const qmn_fully_connected", source.find("static const qmn_fully_connected") + 1);
    const std::size_t shift = source.find(".out_shift = ", layer) + std::string(".out_shift = ").size();
    source.insert(shift, "1 + ");
    write_file_atomic(path("firmware/qmn_net.c"), source);
    const ProcessResult result = run_qmn({"run", path("firmware"), path("a.wav"), "--board", board, "--trace"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.out.find("(number 2), written by fully_connected"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("the host has"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("FAIL"), std::string::npos) << result.out;
    const auto json = json_of(run_qmn({"run", path("firmware"), path("a.wav"), "--board", board, "--trace", "--json"}));
    EXPECT_EQ(json["trace"]["equal"], false);
    EXPECT_EQ(json["trace"]["number"], 2);
  }
}

TEST_F(Commands, WrongRunsSayWhatToDo) {
  ASSERT_EQ(export_to("firmware").exit_code, 0);
  expect_error(run_qmn({"run", path("nowhere"), path("a.wav")}), 1, "make one with qmn export");
  fs::create_directory(path("empty"));
  expect_error(run_qmn({"run", path("empty"), path("a.wav")}), 1, "no qmn.json");
  expect_error(run_qmn({"run", path("firmware"), path("kws.onnx")}), 1, "kws.onnx");
  expect_error(run_qmn({"run", path("firmware"), path("a.wav"), "--board", "uno"}), 2, "unknown board");
  expect_error(run_qmn({"run", path("firmware"), "--data", path("empty")}), 1, "empty");
  expect_error(run_qmn({"run", path("firmware"), "--data", path("empty"), "--split", "test"}), 2, "training, validation, testing");
  write_file_atomic(path("firmware/qmn.json"), "{\"board\": 3}");
  expect_error(run_qmn({"run", path("firmware"), path("a.wav")}), 1, "is broken");
}

}  // namespace
}  // namespace qmn
