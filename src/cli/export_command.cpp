// SPDX-License-Identifier: Apache-2.0
// cli/export_command.cpp   qmn export: quantized model → a folder of C with a self-test, and firmware for a board.
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/firmware_folder.h"
#include "cli/operating_point_options.h"
#include "emit/emit.h"
#include "formats/onnx_format.h"
#include "import/import.h"
#include "lower/identifiers.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "program/cmsis_nn.h"
#include "program/traits.h"
#include "report/table.h"
#include "simulate/simulate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn export kws.q.onnx -o firmware/ --board mps2-an386   a project that builds for the board and runs in its emulator
  qmn export kws.q.onnx -o net/ --board none              a drop-in folder of C for a board of your own, on any core
  qmn export kws.q.onnx -o net/ --board none --core cortex-m33   the same with the kernels of a core with the DSP extension
  qmn export wake.q.onnx -o wake/ --board none --prefix wake   so that two nets link into one program
  qmn export kws.q.onnx -o firmware/ --kernels cmsis-nn-s8   layers call an installed CMSIS-NN (CMSIS_NN_INCLUDE_DIR, CMSIS_NN_LIBRARY)
  qmn export kws.q.onnx -o kws.onnx --format onnx         for ONNX Runtime, which then gives the firmware's very numbers)";

constexpr std::array kKernels{"qmn", "cmsis-nn-q7", "cmsis-nn-s8"};
constexpr int kMostSelfTests = 100;

struct Options {
  std::string model, folder, format = "c";
  std::string board = "mps2-an386", core, kernels = kKernels[0], prefix = "qmn";
  int self_tests = 2;
  bool is_in_place = false;
  OperatingPointOptions point;
  SeedOption seed;
  OutputOptions output;
};

void check(const Options& options) {
  if (options.format != "c" && options.format != "onnx") fail_usage("--format {}: no such format; there are c, onnx", options.format);
  const std::vector<std::string> boards = export_board_names();
  if (std::find(boards.begin(), boards.end(), options.board) == boards.end()) {
    fail_usage("--board {}: unknown board; there is {}", options.board, fmt::join(boards, ", "));
  }
  if (std::ranges::find(kKernels, options.kernels) == kKernels.end()) fail_usage("--kernels {}: no such kernels; there is {}", options.kernels, fmt::join(kKernels, ", "));
  if (options.is_in_place && options.kernels != kKernels[0]) fail_usage("--in_place: the kernels of {} do not work in place; leave out one of the two", options.kernels);
  if (options.self_tests < 1 || options.self_tests > kMostSelfTests) fail_usage("--self-tests {}: must be between 1 and {}", options.self_tests, kMostSelfTests);
  if (options.prefix.empty() || c_identifier(options.prefix, "") != options.prefix) {
    fail_usage("--prefix {}: must be a C identifier of letters, digits and single underscores that begins with a letter", options.prefix);
  }
}

/// The core that --core names, else that of the board.
const Core& core_of(const Options& options) {
  const Core& of_board = core_of_board(options.board);
  if (options.core.empty()) return of_board;
  const Core& core = core_named(options.core);
  const bool runs = options.board == "none" || core.variant <= of_board.variant;
  if (!runs) fail_usage("--core {}: its kernels do not run on {}, which has a {}", core.name, options.board, of_board.name);
  return core;
}

/// The forms of the kernels: those of the library that is asked for; those of the core; in place, where asked for or where the board has no room for others.
KernelVariant variant_for(const Options& options, const Program& program, const Core& core) {
  if (options.kernels == "cmsis-nn-q7") return KernelVariant::cmsis_nn_q7;
  if (options.kernels == "cmsis-nn-s8") return core.variant == KernelVariant::mve ? KernelVariant::cmsis_nn_s8_mve : KernelVariant::cmsis_nn_s8;
  if (core.variant == KernelVariant::mve) return core.variant;
  if (options.is_in_place) return KernelVariant::dsp;
  if (core.variant == KernelVariant::dsp || fits_ram(options.board, plan_memory(program, core.variant).arena_bytes)) return core.variant;
  return fits_ram(options.board, plan_memory(program, KernelVariant::dsp).arena_bytes) ? KernelVariant::dsp : core.variant;
}

/// Seeded random inputs; the first alternates between the extremes, to drive accumulators far out.
std::vector<KnownAnswer> choose_known_answers(const Program& program, const MemoryPlan& plan, int count, std::uint64_t seed) {
  const Simulator simulator(program, plan);
  const ProgramTensor& tensor = program.tensor(program.input);
  const QFormat format = tensor.format;
  std::vector<KnownAnswer> answers;
  for (int i = 0; i < count; ++i) {
    Random random({seed, static_cast<std::uint64_t>(i)});
    std::vector<std::int32_t> raw(static_cast<std::size_t>(tensor.value_count()));
    for (std::int32_t& value : raw) {
      const auto draw = static_cast<std::int64_t>(random.uniform_int(std::uint64_t{1} << format.total_bits));
      if (i == 0) value = static_cast<std::int32_t>(draw % 2 == 0 ? format.raw_min() : format.raw_max());
      else value = static_cast<std::int32_t>(draw + format.raw_min());
    }
    TensorBytes input = tensor_bytes(raw, format);
    Simulator::Result result = simulator.run(input, 1);
    answers.push_back({.input = std::move(input), .logits = std::move(result.logits), .scores = std::move(result.scores)});
  }
  return answers;
}

/// Layers that a library does not run, each with the reason.
struct FallBack {
  const Kernel* kernel;
  std::string reason;
};

std::vector<FallBack> fall_backs(const Program& program, KernelVariant variant) {
  std::vector<FallBack> layers;
  if (!is_cmsis_nn(variant)) return layers;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    if (std::holds_alternative<LoopKernel>(kernel)) return;
    if (auto reason = cmsis_nn_obstacle(program, kernel, variant)) layers.push_back({&kernel, std::move(*reason)});
  });
  return layers;
}

/// Error (data) when no layer with weights runs in the library that was asked for.
void check_library(const Options& options, const Program& program, KernelVariant variant, const std::vector<FallBack>& layers) {
  if (!is_cmsis_nn(variant) || has_cmsis_nn_layer(program, variant)) return;
  for (const FallBack& layer : layers) {
    if (!std::visit([](const auto& k) { return requires { k.epilogue; }; }, *layer.kernel)) continue;
    fail_data("{}: no layer can run in {}: of {}, {}; quantize it for that: qmn quantize --target {} --max-loss 1", options.model, options.kernels, kernel_name(*layer.kernel),
              layer.reason, options.kernels);
  }
  fail_data("{}: no layer can run in {}: none has weights", options.model, options.kernels);
}

struct LayerRow {
  std::string name, op, form, input, weights = "-", bias = "-", output, bias_shift = "-", out_shift = "-";
  std::vector<std::uint8_t> out_shifts{};  ///< of each output channel, where they differ
  std::int64_t constant_bytes = 0, macs = 0;
};

/// Formats of several tensors: "Q3.4, Q0.7".
std::string formats_of(const Program& program, const std::vector<TensorId>& tensors) {
  std::string text;
  for (TensorId id : tensors) text += fmt::format("{}{}", text.empty() ? "" : ", ", program.tensor(id).format.name());
  return text.empty() ? "-" : text;
}

/// Of a kernel that an inference runs `runs` times; a loop's own row leaves bytes and MACs to the rows of its body.
LayerRow row_of(const Program& program, KernelVariant variant, const Kernel& kernel, std::int64_t runs) {
  LayerRow row{.name = kernel_name(kernel), .op = kernel_op(kernel), .form = variant_name(traits_of(program, kernel, variant).variant), .input = formats_of(program, inputs_of(kernel)),
               .output = formats_of(program, outputs_of(kernel))};
  if (const auto* loop = std::get_if<LoopKernel>(&kernel)) {
    row.op = fmt::format("loop of {}", loop->step_count);
    row.form = "-";
    return row;
  }
  row.constant_bytes = constant_bytes(program, kernel, variant);
  row.macs = mac_count(program, kernel) * runs;
  std::visit(
      [&](const auto& k) {
        if constexpr (requires { k.weights; }) {
          row.weights = k.weight_format.name();
          row.bias = k.bias.format.name();
          row.bias_shift = std::to_string(k.bias.shift);
          row.out_shift = std::to_string(k.epilogue.out_shift);
          row.out_shifts = k.epilogue.out_shifts;
          if (!row.out_shifts.empty()) {  // from the widest channel to the finest
            const int finer = *std::ranges::max_element(row.out_shifts) - k.epilogue.out_shift;
            row.weights += fmt::format("…{}", QFormat{8, k.weight_format.frac_bits + finer}.name());
            row.bias += fmt::format("…{}", QFormat{32, k.bias.format.frac_bits + finer}.name());
            row.out_shift += fmt::format("…{}", k.epilogue.out_shift + finer);
          }
        }
      },
      kernel);
  return row;
}

std::string layer_table(const Program& program, KernelVariant variant) {
  Table table({"layer", "kernel", "form", "input", "weights", "bias", "output", "bias_shift", "out_shift", "bytes", "MACs"});
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t runs) {
    const LayerRow row = row_of(program, variant, kernel, runs);
    table.add_row({row.name, row.op, row.form, row.input, row.weights, row.bias, row.output, row.bias_shift, row.out_shift, std::to_string(row.constant_bytes), std::to_string(row.macs)});
  });
  return table.text();
}

nlohmann::json fall_back_json(const std::vector<FallBack>& layers) {
  nlohmann::json json = nlohmann::json::array();
  for (const FallBack& layer : layers) json.push_back({{"name", kernel_name(*layer.kernel)}, {"kernel", kernel_op(*layer.kernel)}, {"reason", layer.reason}});
  return json;
}

/// What runs in the library, what does not, and how to name the library.
void print_library(const Options& options, const Core& core, const std::vector<FallBack>& layers) {
  if (options.kernels == kKernels[0]) return;
  for (const FallBack& layer : layers) fmt::print("{} ({}) runs qmn's own kernel: {}\n", kernel_name(*layer.kernel), kernel_op(*layer.kernel), layer.reason);
  if (options.kernels == "cmsis-nn-q7" && core.variant == KernelVariant::mve) fmt::print("on {} the q7 API runs plain C; cmsis-nn-s8 has Helium\n", core.name);
  fmt::print("the other layers run in {}: name an installed copy by CMSIS_NN_INCLUDE_DIR and CMSIS_NN_LIBRARY to CMake, qmn run and qmn bench\n",
             options.kernels == "cmsis-nn-q7" ? "the q7 API of CMSIS-NN (CMSIS 5.9.0)" : "CMSIS-NN, compiled with CMSIS_NN_USE_SINGLE_ROUNDING");
}

nlohmann::json layer_json(const Program& program, KernelVariant variant) {
  nlohmann::json layers = nlohmann::json::array();
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t runs) {
    const LayerRow row = row_of(program, variant, kernel, runs);
    nlohmann::json layer{{"name", row.name}, {"kernel", row.op}, {"form", row.form}, {"input", row.input}, {"output", row.output}, {"constant_bytes", row.constant_bytes}, {"macs", row.macs}};
    if (row.weights != "-") {
      layer["weights"] = row.weights;
      layer["bias"] = row.bias;
      layer["bias_shift"] = std::stoi(row.bias_shift);
      layer["out_shift"] = std::stoi(row.out_shift);  // of several the smallest
      if (!row.out_shifts.empty()) layer["out_shifts"] = row.out_shifts;
    }
    layers.push_back(std::move(layer));
  });
  return layers;
}

void write_project(const FileSet& files, const std::string& folder) {
  AtomicFolder project(folder, kManifestName);
  for (const auto& [path, content] : files) {
    const fs::path target = project.path() / path;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (error) fail_data("{}: cannot create: {}", target.parent_path().string(), error.message());
    write_file_atomic(target, content);
  }
  project.commit();
}

/// One file in place of a folder: what the board computes, for runtimes on other machines.
void export_onnx(const Options& options, const Model& model) {
  std::error_code ignored;
  if (fs::is_directory(options.folder, ignored)) fail_usage("--output {}: is a folder; --format onnx writes a file", options.folder);
  write_file_atomic(options.folder, serialize_onnx_with_ties_up(model));
  if (options.output.is_json) return print_json({{"file", options.folder}});
  fmt::print("{}: QDQ ONNX; with graph optimizations disabled, ONNX Runtime gives the numbers of the firmware\n", options.folder);
}

void export_model(const Options& options) {
  check(options);
  const Model model = import_model(options.model);
  if (!model.quantization) fail_data("{}: is a float model; quantize it first: qmn quantize {} -o {}.q.onnx", options.model, options.model, fs::path(options.model).stem().string());
  if (options.format == "onnx") return export_onnx(options, model);
  const Program program = lower(model);
  const auto class_count = static_cast<std::size_t>(program.tensor(program.logits).value_count());
  if (program.metadata.labels.size() > class_count) {
    fail_data("{}: has {} labels for {} classes", options.model, program.metadata.labels.size(), class_count);
  }
  const Core& core = core_of(options);
  const KernelVariant variant = variant_for(options, program, core);
  const std::vector<FallBack> own_layers = fall_backs(program, variant);
  check_library(options, program, variant, own_layers);
  const MemoryPlan plan = plan_memory(program, variant);
  const std::int64_t constants = constant_bytes(program, variant);
  std::int64_t macs = 0;
  for (const Kernel& kernel : program.kernels) macs += mac_count(program, kernel);

  const OperatingPoint point = options.point.resolve(program);
  FileSet files = emit_project(program, plan, {.board = options.board,
                                               .core = core.name,
                                               .known_answers = choose_known_answers(program, plan, options.self_tests, options.seed.seed),
                                               .point = point,
                                               .prefix = options.prefix});
  files[kModelName] = read_file(options.model);
  files[kManifestName] = to_json(Manifest{.board = options.board, .core = core.name, .variant = variant_name(variant), .kernels = options.kernels, .prefix = options.prefix, .program = program.name,
                                          .arena_bytes = plan.arena_bytes, .constant_bytes = constants, .point = hears_sound(program) ? std::optional(point) : std::nullopt});
  write_project(files, options.folder);

  if (options.output.is_json) {
    print_json({{"folder", options.folder}, {"board", options.board}, {"core", core.name}, {"variant", variant_name(variant)}, {"kernels", options.kernels}, {"layers", layer_json(program, variant)},
                {"not_in_library", fall_back_json(own_layers)}, {"constant_bytes", constants}, {"arena_bytes", plan.arena_bytes}, {"arena_lower_bound_bytes", plan.lower_bound_bytes}, {"macs", macs},
                {"self_tests", options.self_tests}});
    return;
  }
  fmt::print("{}", layer_table(program, variant));
  fmt::print("\nweights, biases, tables: {} bytes; {} MACs an inference\narena: {}\n", constants, macs, arena_text(plan.arena_bytes, plan.lower_bound_bytes));
  fmt::print("{}: {} files for {}, {} kernels, self-test of {} known answers\n", options.folder, files.size(),
             options.board == "none" ? "your own board" : fmt::format("{} ({})", options.board, core.name), variant_name(variant), options.self_tests);
  print_library(options, core, own_layers);
  if (variant == KernelVariant::dsp && core.variant == KernelVariant::ref && !options.is_in_place) {
    fmt::print("the reference kernels do not fit onto {}: those that work in place run in their stead, in C\n", options.board);
  }
  const char* const inputs = takes_sound(model) ? "CLIP.wav" : "--data PATH";
  if (options.board == "none") fmt::print("next: {} says how to add it to your project; qmn run {} --board host {} checks it\n", (fs::path(options.folder) / "README.md").string(), options.folder, inputs);
  else fmt::print("next: qmn run {} {}\n", options.folder, inputs);
}

}  // namespace

void add_export(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export", "Write a quantized model as C for a microcontroller");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Quantized model (qmn quantize)")->required()->type_name("FILE");
  command->add_option("-o,--output", options->folder, "Folder to make; it appears when it is complete and replaces only an earlier export. With --format onnx: file to write")->required()->type_name("PATH");
  command->add_option("--format", options->format, "c: a folder of C; onnx: one file for other runtimes, QDQ ONNX that rounds ties up as the firmware does")->capture_default_str();
  command->add_option("--board", options->board, "Emulated by QEMU: mps2-an385 (Cortex-M3), mps2-an386 (M4), mps2-an500 (M7), mps2-an505 (M33), mps3-an547 (M55) or microbit (M0); or none: a drop-in folder without board files")->capture_default_str();
  command->add_option("--core", options->core, "Core that the kernels are chosen for, such as cortex-m0, cortex-m4, cortex-m33 (default: the board's; of board none: any core)");
  command->add_flag("--in_place,--in-place", options->is_in_place, "On a core without the DSP extension: kernels that work in place, for half of the RAM");
  command->add_option("--kernels", options->kernels, "Integer kernels that the C calls: qmn; or those of an installed CMSIS-NN where they give the same numbers: cmsis-nn-q7 (CMSIS 5.9.0), cmsis-nn-s8 (current)")->capture_default_str();
  command->add_option("--prefix", options->prefix, "Of every C name of this net: PREFIX_net_run(), PREFIX_selftest(), …")->capture_default_str();
  command->add_option("--self-tests,--self_tests", options->self_tests, "Known answers in the self-test")->capture_default_str();
  options->point.add(*command);
  options->seed.add(*command, "the inputs of the known answers");
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { export_model(*options); });
}

}  // namespace qmn::cli
