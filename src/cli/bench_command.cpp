// SPDX-License-Identifier: Apache-2.0
// cli/bench_command.cpp   qmn bench: where an exported firmware spends its instructions and its memory, layer by layer, against the bound of its core.
#include "base/error.h"
#include "base/random.h"
#include "board/board.h"
#include "cli/cmsis_nn_options.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/firmware_folder.h"
#include "emit/emit.h"
#include "import/import.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "program/traits.h"
#include "report/table.h"

#include <fmt/format.h>

#include <array>
#include <memory>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn bench firmware/
  qmn bench firmware/ --json
Instructions are executed ones, counted by the emulator: they do not vary from run to run. The bound counts multiply-accumulates alone, as many at a
time as the core's instructions can: two with the DSP extension, one without.)";

struct Options {
  std::string folder;
  CmsisNnOptions cmsis_nn;
  OutputOptions output;
};

/// What one kernel takes.
struct LayerCost {
  std::string name, op, form;
  std::int64_t macs = 0, instructions = 0, constant_bytes = 0, scratch_bytes = 0;
};

struct Bench {
  std::vector<LayerCost> layers;
  std::int64_t macs = 0;
  BoardRun run;
  FirmwareSize size;
  std::int64_t macs_per_instruction = 1;  ///< of the core
  std::int64_t bound() const { return macs / macs_per_instruction; }
};

std::string per_mac(std::int64_t instructions, std::int64_t macs) {
  return macs == 0 ? "-" : fmt::format("{:.2f}", static_cast<double>(instructions) / static_cast<double>(macs));
}

TensorBytes random_input(const Program& program) {
  const ProgramTensor& tensor = program.tensor(program.input);
  Random random({1});
  std::vector<std::int32_t> raw(static_cast<std::size_t>(tensor.value_count()));
  for (std::int32_t& value : raw) value = static_cast<std::int32_t>(tensor.format.raw_min() + static_cast<std::int64_t>(random.uniform_int(std::uint64_t{1} << tensor.format.total_bits)));
  return tensor_bytes(raw, tensor.format);
}

std::vector<LayerCost> layers_of(const Program& program, KernelVariant variant, const std::map<int, std::int64_t>& instructions) {
  std::vector<LayerCost> layers;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t runs) {
    if (std::holds_alternative<LoopKernel>(kernel)) return;  // its body's kernels stand for it
    const KernelTraits traits = traits_of(program, kernel, variant);
    const auto counted = instructions.find(outputs_of(kernel).front());
    layers.push_back({.name = kernel_name(kernel), .op = kernel_op(kernel), .form = variant_name(traits.variant), .macs = runs * mac_count(program, kernel),
                      .instructions = counted == instructions.end() ? 0 : counted->second, .constant_bytes = constant_bytes(program, kernel, variant),
                      .scratch_bytes = traits.scratch_bytes});
  });
  return layers;
}

Bench measure(const Options& options, const Manifest& manifest) {
  const Program program = lower(import_model(fs::path(options.folder) / kModelName));
  const KernelVariant variant = variant_of(manifest, options.folder);
  const BuiltFirmware firmware = build_firmware(options.folder, manifest.board, cmsis_nn_for(options.cmsis_nn, manifest, options.folder));
  const TensorBytes input = random_input(program);
  Bench bench;
  bench.layers = layers_of(program, variant, instructions_by_tensor(firmware, manifest.board, input));
  for (const LayerCost& layer : bench.layers) bench.macs += layer.macs;
  if (hears_sound(program)) {
    const TensorBytes clip(static_cast<std::size_t>(program.metadata.front_end.clip_samples) * 2, std::int8_t{1});
    bench.run = run_firmware(firmware, manifest.board, {clip}, false, std::chrono::milliseconds{0}, {}, InputKind::clips);
  } else {
    bench.run = run_firmware(firmware, manifest.board, {input}, false);
  }
  bench.size = firmware.size;
  constexpr std::array kMacsPerInstruction{1, 2, 16};  // of the variants that cores have
  bench.macs_per_instruction = kMacsPerInstruction.at(static_cast<std::size_t>(core_named(manifest.core).variant));
  return bench;
}

void print_text(const Manifest& manifest, const Bench& bench) {
  Table table({"layer", "kernel", "form", "MACs", "instructions", "per MAC", "share", "constants", "scratch"});
  for (const LayerCost& layer : bench.layers) {
    table.add_row({layer.name, layer.op, layer.form, std::to_string(layer.macs), std::to_string(layer.instructions), per_mac(layer.instructions, layer.macs),
                   fmt::format("{:.1f} %", 100.0 * static_cast<double>(layer.instructions) / static_cast<double>(bench.run.instructions_per_inference)),
                   std::to_string(layer.constant_bytes), std::to_string(layer.scratch_bytes)});
  }
  fmt::print("{}\n", table.text());
  fmt::print("{} ({}): {} instructions an inference, {} a MAC; the MACs alone, {} at a time: {}\n", manifest.board, manifest.core, bench.run.instructions_per_inference,
             per_mac(bench.run.instructions_per_inference, bench.macs), bench.macs_per_instruction, bench.bound());
  if (bench.run.instructions_per_frame != 0) fmt::print("front end: {} instructions a frame of features\n", bench.run.instructions_per_frame);
  fmt::print("flash: network {} bytes, of them constants {}; front end {}; the rest of the firmware {}\n", bench.size.network_flash_bytes, manifest.constant_bytes,
             bench.size.front_end_flash_bytes, bench.size.flash_bytes - bench.size.network_flash_bytes - bench.size.front_end_flash_bytes);
  fmt::print("RAM: arena {} bytes, front end {}, the rest of the firmware {}, stack {} (painted)\n", manifest.arena_bytes, bench.size.front_end_ram_bytes,
             bench.size.ram_bytes - bench.size.network_ram_bytes - bench.size.front_end_ram_bytes, bench.run.stack_bytes);
}

nlohmann::json to_json(const Options& options, const Manifest& manifest, const Bench& bench) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerCost& layer : bench.layers) {
    layers.push_back({{"name", layer.name}, {"kernel", layer.op}, {"form", layer.form}, {"macs", layer.macs}, {"instructions", layer.instructions},
                      {"constant_bytes", layer.constant_bytes}, {"scratch_bytes", layer.scratch_bytes}});
  }
  return {{"folder", options.folder}, {"board", manifest.board}, {"core", manifest.core}, {"layers", std::move(layers)}, {"macs", bench.macs},
          {"instructions_per_inference", bench.run.instructions_per_inference}, {"instructions_per_frame", bench.run.instructions_per_frame}, {"bound", bench.bound()},
          {"flash_bytes", bench.size.flash_bytes}, {"network_flash_bytes", bench.size.network_flash_bytes}, {"front_end_flash_bytes", bench.size.front_end_flash_bytes},
          {"constant_bytes", manifest.constant_bytes}, {"arena_bytes", manifest.arena_bytes}, {"static_ram_bytes", bench.size.ram_bytes},
          {"front_end_ram_bytes", bench.size.front_end_ram_bytes}, {"stack_bytes", bench.run.stack_bytes}};
}

void bench(const Options& options) {
  const Manifest manifest = read_manifest(options.folder);
  if (manifest.board == "none") fail_usage("{}: was exported for a board of your own, and this machine counts no instructions; export it with --board", options.folder);
  const Bench result = measure(options, manifest);
  if (options.output.is_json) print_json(to_json(options, manifest, result));
  else print_text(manifest, result);
}

}  // namespace

void add_bench(CLI::App& app) {
  CLI::App* command = app.add_subcommand("bench", "Count an exported firmware's instructions, flash and RAM, layer by layer");
  const auto options = std::make_shared<Options>();
  command->add_option("folder", options->folder, "Folder of qmn export, for one of the emulated boards")->required()->type_name("DIR");
  options->cmsis_nn.add(*command);
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { bench(*options); });
}

}  // namespace qmn::cli
