// SPDX-License-Identifier: Apache-2.0
// cli/info_command.cpp   qmn info: what a model file holds, layer by layer, and what it will take on a device.
#include "base/error.h"
#include "cli/command.h"
#include "cli/common.h"
#include "emit/targets.h"
#include "formats/onnx_format.h"
#include "graph/parameter_count.h"
#include "import/import.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "program/traits.h"
#include "report/node_text.h"
#include "report/table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples =
    R"(The layers are shown as they will run: batch norm folded, activations fused, dropout gone. Sizes count 8-bit weights; "RAM" is the largest
pair of a layer's input and output, or, for a quantized model, the exact arena of its firmware.

Examples:
  qmn info kws.onnx
  qmn info kws.q.onnx           with the Q format of every tensor and every shift
  qmn info kws.q.onnx --json    for scripts)";

struct Options {
  std::string path, core = "cortex-m4";
  OutputOptions output;
};

/// Sizes of the integer program, for quantized models that can be lowered.
struct DeviceSize {
  std::int64_t arena_bytes = 0, arena_lower_bound_bytes = 0, constant_bytes = 0;
};

struct Report {
  Model file;      ///< as read
  Model prepared;  ///< as it will run
  std::optional<DeviceSize> device;
  std::string why_not_lowered;  ///< of a quantized model
};

Report make_report(const std::string& path, const std::string& core) {
  core_named(core);
  Report report;
  report.file = read_model(path);
  try {
    report.prepared = prepare_model(report.file);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", path, error.what()));
  }
  if (!report.prepared.quantization) return report;
  try {
    const Program program = lower(report.prepared);
    const KernelVariant variant = core_named(core).variant;
    const MemoryPlan plan = plan_memory(program, variant);
    report.device = {.arena_bytes = plan.arena_bytes, .arena_lower_bound_bytes = plan.lower_bound_bytes, .constant_bytes = constant_bytes(program, variant)};
  } catch (const Error& error) {
    report.why_not_lowered = error.what();
  }
  return report;
}

// ---- one layer

std::int64_t parameter_count(const Graph& graph, const Node& node) {
  std::int64_t count = 0;
  if (std::holds_alternative<Scan>(node)) return count;  // its parameters are initial states
  for (ValueId id : parameters(node)) count += element_count(graph.shape(id));
  return count;
}

/// The formats and shifts of one layer; what is float or does not apply stays empty.
struct LayerFormats {
  std::optional<QFormat> weight, bias, output;
  std::optional<int> bias_shift, out_shift;  ///< out_shift: of channels that differ the smallest
  std::vector<int> out_shifts;               ///< of each output channel, where they differ
  ValueId weight_id = kNoValue, bias_id = kNoValue;
};

LayerFormats layer_formats(const Model& model, const Node& node) {
  LayerFormats formats;
  if (!model.quantization) return formats;
  formats.output = model.quantization->format_of(outputs_of(node).front());
  std::visit(
      [&](const auto& layer) {
        if constexpr (requires { layer.weight; }) {
          const std::optional<QFormat> input = model.quantization->format_of(layer.input);
          formats.weight_id = layer.weight;
          formats.bias_id = layer.bias;
          formats.weight = model.quantization->format_of(layer.weight);
          if (layer.bias != kNoValue) formats.bias = model.quantization->format_of(layer.bias);
          if (input && formats.weight && formats.bias) formats.bias_shift = bias_shift(*input, *formats.weight, *formats.bias);
          if (input && formats.weight && formats.output) formats.out_shift = out_shift(*input, *formats.weight, *formats.output);
          if (formats.out_shift && model.quantization->is_per_channel(layer.weight)) {
            for (const int frac_bits : model.quantization->channels_of(layer.weight)) formats.out_shifts.push_back(out_shift(*input, {8, frac_bits}, *formats.output));
          }
        }
      },
      node);
  return formats;
}

// ---- the whole net

struct Totals {
  std::int64_t macs = 0, parameters = 0;
  std::int64_t largest_pair_bytes = 0;  ///< the largest sum of a layer's input and output, a byte a value
};

std::int64_t reads_and_writes(const Graph& graph, const Node& node) {
  std::int64_t values = 0;
  for (ValueId id : outputs_of(node)) values += element_count(graph.shape(id));
  for (ValueId id : activation_inputs(node)) values += element_count(graph.shape(id));
  return values;
}

/// The nodes of a body work while the Scan's own inputs and outputs are there.
std::int64_t largest_pair(const Graph& graph, const std::vector<Node>& nodes) {
  std::int64_t largest = 0;
  for (const Node& node : nodes) {
    if (std::holds_alternative<Flatten>(node)) continue;  // moves nothing
    const auto* scan = std::get_if<Scan>(&node);
    largest = std::max(largest, reads_and_writes(graph, node) + (scan == nullptr ? 0 : largest_pair(graph, scan->body)));
  }
  return largest;
}

Totals totals_of(const Graph& graph) {
  Totals totals{.macs = 0, .parameters = parameter_count(graph), .largest_pair_bytes = largest_pair(graph, graph.nodes)};
  for (const Node& node : graph.nodes) totals.macs += mac_count(graph, node);
  return totals;
}

/// Operators of the file that have gone into others, such as "5 BatchNormalization, 4 Dropout".
std::string absorbed_operators(const Report& report) {
  std::map<std::string, std::int64_t> counts;
  for_each_node(report.file.graph.nodes, [&](const Node& node) { ++counts[op_type(node)]; });
  for_each_node(report.prepared.graph.nodes, [&](const Node& node) { --counts[op_type(node)]; });
  std::vector<std::string> parts;
  for (const auto& [op, count] : counts) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, op));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

double milliseconds(int samples, int sample_rate_hz) { return 1000.0 * samples / sample_rate_hz; }

std::string front_end_text(const FrontEndSettings& f) {
  std::string text =
      fmt::format("{} Hz, clip {:g} ms, window {:g} ms, hop {:g} ms: {} frames of {} MFCC from {} mel bands, {:g} to {:g} Hz",
                  f.sample_rate_hz, milliseconds(f.clip_samples, f.sample_rate_hz), milliseconds(f.window_samples, f.sample_rate_hz),
                  milliseconds(f.hop_samples, f.sample_rate_hz), f.frame_count(), f.coefficient_count, f.mel_bands, f.lower_hz, f.upper_hz);
  if (!f.coefficient_shifts.empty()) text += fmt::format("; coefficients divided by 2^[{}]", fmt::join(f.coefficient_shifts, " "));
  return text;
}

/// Of a net that takes no sound.
std::string array_input_text(const Shape& shape, const ArraySettings& array) {
  const bool is_image = shape.size() == 4;
  std::string text = is_image ? fmt::format("images of {} channels, {} high, {} wide", shape[1], shape[2], shape[3]) : fmt::format("arrays of {}", to_string({shape.begin() + 1, shape.end()}));
  if (is_image) text += array.is_channels_last ? "; arrays hold height, width, channels" : "; arrays hold channels, height, width";
  if (!array.mean.empty()) text += fmt::format("; minus {}", fmt::join(array.mean, " "));
  if (!array.scale.empty()) text += fmt::format("; times {}", fmt::join(array.scale, " "));
  return text;
}

std::string outputs_text(std::int64_t count, OutputKind kind) {
  switch (kind) {
    case OutputKind::unknown: break;
    case OutputKind::classes: return fmt::format("{} classes", count);
    case OutputKind::values: return fmt::format("{} values", count);
  }
  return fmt::format("{}; classes or values, as the data of a command says", count);
}

/// Notes and labels come from a file: nothing in them may steer a terminal.
std::string printable(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string format_cell(const std::optional<QFormat>& format, bool is_quantizable) {
  if (!format) return is_quantizable ? "float" : "";
  return format->total_bits == 8 ? format->name() : fmt::format("{} {}b", format->name(), format->total_bits);
}

/// "Q0.7…Q-2.9 corrected"
std::string parameter_cell(const Model& model, ValueId id, const std::optional<QFormat>& format, bool is_quantizable) {
  if (!format) return format_cell(format, is_quantizable);
  std::string text = model.quantization->is_per_channel(id) ? model.quantization->format_name(id) : format_cell(format, true);
  if (model.quantization->is_per_channel(id) && format->total_bits != 8) text += fmt::format(" {}b", format->total_bits);
  return model.quantization->corrections.contains(id) ? text + " corrected" : text;
}

std::string out_shift_cell(const LayerFormats& formats) {
  if (formats.out_shifts.empty()) return formats.out_shift ? std::to_string(*formats.out_shift) : "";
  return fmt::format("{}…{}", *formats.out_shift, *std::ranges::max_element(formats.out_shifts));
}

std::string shift_cell(const std::optional<int>& shift) { return shift ? std::to_string(*shift) : ""; }

std::string layer_table(const Report& report) {
  const Graph& graph = report.prepared.graph;
  const bool is_quantized = report.prepared.quantization.has_value();
  std::vector<std::string> header{"layer", "operator", "output", "MACs", "parameters"};
  if (is_quantized) header.insert(header.end(), {"weights", "bias", "out", "bias <<", "out >>"});
  Table table(header);
  std::vector<std::string> input_row{graph.value(graph.input).name, "input", to_string(graph.shape(graph.input)), "", ""};
  if (is_quantized) input_row.insert(input_row.end(), {"", "", format_cell(report.prepared.quantization->format_of(graph.input), true)});
  table.add_row(input_row);
  for_each_node(graph.nodes, [&](const Node& node) {
    const std::int64_t macs = mac_count(graph, node), count = parameter_count(graph, node);
    std::vector<std::string> row{node_name(node), node_text(graph, node), to_string(graph.shape(outputs_of(node).front())),
                                 macs > 0 ? std::to_string(macs) : "", count > 0 ? std::to_string(count) : ""};
    if (is_quantized) {
      const LayerFormats formats = layer_formats(report.prepared, node);
      const bool is_layer = !parameters(node).empty();
      const bool has_bias = parameters(node).size() > 1;
      const bool moves_nothing = std::holds_alternative<Flatten>(node) && !formats.output;  // it keeps the format of its input
      row.insert(row.end(), {parameter_cell(report.prepared, formats.weight_id, formats.weight, is_layer),
                             parameter_cell(report.prepared, formats.bias_id, formats.bias, has_bias), format_cell(formats.output, !moves_nothing),
                             shift_cell(formats.bias_shift), out_shift_cell(formats)});
    }
    table.add_row(row);
  });
  return table.text();
}

void print_text(const Options& options, const Report& report) {
  const Metadata& metadata = report.file.metadata;
  const Graph& graph = report.prepared.graph;
  const Totals totals = totals_of(graph);
  const std::string what = metadata.architecture.empty() ? "imported net " + graph.name : metadata.architecture;
  fmt::print("{}: {}, {}\n\n", options.path, printable(what), report.prepared.quantization ? "quantized" : "float");
  if (!metadata.size_info.empty()) fmt::print("size       {}\n", fmt::join(metadata.size_info, " "));
  if (!metadata.labels.empty()) fmt::print("labels     {}\n", printable(fmt::format("{}", fmt::join(metadata.labels, " "))));
  if (takes_sound(report.file)) fmt::print("front end  {}\n", front_end_text(metadata.front_end));
  else fmt::print("input      {}\n", array_input_text(graph.shape(graph.input), metadata.array_input));
  fmt::print("outputs    {}\n\n", outputs_text(element_count(graph.shape(graph.output)), metadata.labels.empty() ? metadata.outputs : OutputKind::classes));
  fmt::print("{}", layer_table(report));
  const std::string absorbed = absorbed_operators(report);
  if (!absorbed.empty()) fmt::print("gone into the layers before them: {}\n", absorbed);
  fmt::print("\nMACs       {} an inference\n", totals.macs);
  fmt::print("parameters {} (weights and biases)\n", totals.parameters);
  if (report.device) {
    fmt::print("flash      {} B of weights, biases and tables on a {}\n", report.device->constant_bytes, options.core);
    fmt::print("RAM        arena of {}\n", arena_text(report.device->arena_bytes, report.device->arena_lower_bound_bytes));
  } else {
    fmt::print("flash      about {} B of weights and biases in 8 bits\n", totals.parameters);
    fmt::print("RAM        about {} B: the largest input and output of a layer in 8 bits\n", totals.largest_pair_bytes);
    fmt::print("memory     about {} B: both\n", totals.parameters + totals.largest_pair_bytes);
  }
  if (!report.why_not_lowered.empty()) fmt::print("firmware   not possible yet: {}\n", report.why_not_lowered);
  if (!metadata.notes.empty()) fmt::print("\n");
  for (const auto& [key, text] : metadata.notes) fmt::print("{}: {}\n", printable(key), printable(text));
}

// ---- JSON

nlohmann::json format_json(const std::optional<QFormat>& format) {
  if (!format) return nullptr;
  return {{"name", format->name()}, {"total_bits", format->total_bits}, {"frac_bits", format->frac_bits}};
}

nlohmann::json layer_json(const Model& model, const Node& node) {
  const Graph& graph = model.graph;
  nlohmann::json out{{"name", node_name(node)},
                     {"operator", op_type(node)},
                     {"description", node_text(graph, node)},
                     {"output", graph.value(outputs_of(node).front()).name},
                     {"output_shape", graph.shape(outputs_of(node).front())},
                     {"macs", mac_count(graph, node)},
                     {"parameters", parameter_count(graph, node)}};
  if (!model.quantization) return out;
  const LayerFormats formats = layer_formats(model, node);
  out["weight_format"] = format_json(formats.weight);
  out["bias_format"] = format_json(formats.bias);
  out["output_format"] = format_json(formats.output);
  out["bias_shift"] = formats.bias_shift ? nlohmann::json(*formats.bias_shift) : nlohmann::json();
  out["out_shift"] = formats.out_shift ? nlohmann::json(*formats.out_shift) : nlohmann::json();
  if (!formats.out_shifts.empty()) {
    out["out_shifts"] = formats.out_shifts;
    out["weight_channel_frac_bits"] = model.quantization->channels_of(formats.weight_id);
  }
  for (const auto& [key, id] : {std::pair{"weight_is_corrected", formats.weight_id}, {"bias_is_corrected", formats.bias_id}}) {
    if (model.quantization->corrections.contains(id)) out[key] = true;
  }
  return out;
}

nlohmann::json report_json(const Options& options, const Report& report) {
  const Graph& graph = report.prepared.graph;
  const Totals totals = totals_of(graph);
  nlohmann::json layers = nlohmann::json::array();
  for_each_node(graph.nodes, [&](const Node& node) { layers.push_back(layer_json(report.prepared, node)); });
  nlohmann::json out{{"model", options.path},
                     {"is_quantized", report.prepared.quantization.has_value()},
                     {"metadata", nlohmann::json::parse(to_json(report.file.metadata))},
                     {"frames", report.file.metadata.front_end.frame_count()},
                     {"input", {{"name", graph.value(graph.input).name}, {"shape", graph.shape(graph.input)}}},
                     {"layers", layers},
                     {"macs", totals.macs},
                     {"parameters", totals.parameters},
                     {"largest_pair_bytes", totals.largest_pair_bytes}};
  if (!report.prepared.quantization) return out;
  out["input"]["format"] = format_json(report.prepared.quantization->format_of(graph.input));
  if (report.device) {
    out["arena_bytes"] = report.device->arena_bytes;
    out["arena_lower_bound_bytes"] = report.device->arena_lower_bound_bytes;
    out["constant_bytes"] = report.device->constant_bytes;
    out["core"] = options.core;
  } else {
    out["not_lowered"] = report.why_not_lowered;
  }
  return out;
}

void run_info(const Options& options) {
  const Report report = make_report(options.path, options.core);
  if (options.output.is_json)
    print_json(report_json(options, report));
  else
    print_text(options, report);
}

}  // namespace

void add_info(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "Layers, shapes, MACs, parameters, Q formats and memory of a model");
  auto options = std::make_shared<Options>();
  command->add_option("model", options->path, "Model file (.onnx)")->required()->type_name("MODEL");
  command->add_option("--core", options->core, "Core whose kernels flash and RAM are counted for (as in qmn export)")->capture_default_str();
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { run_info(*options); });
}

}  // namespace qmn::cli
