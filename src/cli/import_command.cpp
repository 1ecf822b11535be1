// SPDX-License-Identifier: Apache-2.0
// cli/import_command.cpp   qmn import: a model of another tool → a model file of qmn.
#include "base/error.h"
#include "base/file.h"
#include "base/output_lock.h"
#include "cli/command.h"
#include "cli/common.h"
#include "formats/onnx_format.h"
#include "import/foreign.h"
#include "passes/passes.h"

#include <fmt/ranges.h>

#include <memory>
#include <sstream>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Layout changes, shape arithmetic and batch norms go into the layers; a Softmax at the end is left out, since labels follow from the logits.
What cannot be imported is named, every node of it at once, and nothing is written.

Examples:
  qmn import kws.pb -o kws.onnx --labels labels.txt      a TensorFlow graph that starts at WAV bytes: its front end comes along
  qmn import net.onnx -o kws.onnx --window_size_ms 30 --window_stride_ms 20 --dct_coefficient_count 40
  qmn info kws.onnx                                       what was understood
  qmn import --list-operators                             the operators of each format)";

struct Options {
  std::string file, output, output_node, labels_file;
  std::vector<std::int64_t> input_shape;
  bool lists_operators = false;
  FrontEndOptions front_end;
  OutputOptions output_options;
};

/// One label a line; empty lines at the end do not count.
std::vector<std::string> read_labels(const std::string& path) {
  constexpr std::uint64_t kMaxBytes = 1 << 20;
  std::istringstream text(read_file(path, kMaxBytes));
  std::vector<std::string> labels;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(line);
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty()) fail_data("{}: line {} is empty (one label a line)", path, i + 1);
    if (std::any_of(labels[i].begin(), labels[i].end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      fail_data("{}: line {} holds a control character", path, i + 1);
  }
  return labels;
}

void apply_labels(const Options& options, Model& model) {
  if (options.labels_file.empty()) return;
  model.metadata.labels = read_labels(options.labels_file);
  model.metadata.outputs = OutputKind::classes;
  const std::int64_t outputs = element_count(model.graph.shape(model.graph.output));
  if (std::ssize(model.metadata.labels) != outputs)
    fail_data("{}: {} labels, but the net {} has {} outputs", options.labels_file, model.metadata.labels.size(), options.file, outputs);
}

void apply_front_end(const Options& options, Imported& imported) {
  FrontEndSettings& front_end = imported.model.metadata.front_end;
  front_end = imported.has_front_end ? options.front_end.resolve_for_model(front_end) : options.front_end.resolve(front_end);
  const FrontEndOptions& given = options.front_end;
  const bool is_given = given.sample_rate || given.coefficient_count || given.clip_duration_ms || given.window_size_ms || given.window_stride_ms;
  const std::int64_t inputs = element_count(imported.model.graph.shape(imported.model.graph.input));
  if ((is_given || imported.has_front_end) && front_end.feature_count() != inputs) {
    fail_data("{}: its input takes {} numbers, but the front end gives {} frames of {} coefficients", options.file, inputs, front_end.frame_count(),
              front_end.coefficient_count);
  }
}

void list_operators(const Options& options) {
  nlohmann::json json = nlohmann::json::object();
  if (!options.output_options.is_json) fmt::print("| format | operators |\n|---|---|\n");
  for (const FormatOperators& format : supported_operators()) {
    json[format.format] = format.operators;
    if (!options.output_options.is_json) fmt::print("| {} | {} |\n", format.format, fmt::join(format.operators, ", "));
  }
  if (options.output_options.is_json) print_json(json);
}

void run_import(const Options& options) {
  if (options.lists_operators) return list_operators(options);
  if (options.file.empty()) fail_usage("a model file is needed: qmn import FILE -o net.onnx");
  if (options.output.empty()) fail_usage("--output_model (-o) is needed: where the model goes");
  const OutputLock lock(options.output);
  ImportSettings settings{.output = options.output_node, .input_shape = std::nullopt};
  if (!options.input_shape.empty()) settings.input_shape = options.input_shape;
  Imported imported = import_file(options.file, settings);
  apply_labels(options, imported.model);
  apply_front_end(options, imported);
  imported.model.metadata.notes["imported"] = fmt::format("{}, {}", std::filesystem::path(options.file).filename().string(), imported.format);
  write_model(imported.model, options.output);
  const Graph& graph = imported.model.graph;
  if (options.output_options.is_json) {
    return print_json({{"model", options.output},
                       {"format", imported.format},
                       {"nodes", graph.nodes.size()},
                       {"input_shape", graph.shape(graph.input)},
                       {"output_shape", graph.shape(graph.output)},
                       {"labels", imported.model.metadata.labels},
                       {"has_front_end", imported.has_front_end},
                       {"notes", imported.notes}});
  }
  fmt::print("{}: {}, {} nodes, input {}, output {}\n", options.output, imported.format, graph.nodes.size(), to_string(graph.shape(graph.input)),
             to_string(graph.shape(graph.output)));
  if (options.output_options.is_quiet) return;
  for (const std::string& note : imported.notes) fmt::print("  {}\n", note);
}

}  // namespace

void add_import(CLI::App& app) {
  CLI::App* command = app.add_subcommand("import", "A model of another tool (TensorFlow GraphDef, TFLite, ONNX) as a model file of qmn");
  const auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "Model file")->type_name("FILE");
  command->add_option("-o,--output_model", options->output, "Where the model goes (.onnx)")->type_name("FILE");
  command->add_option("--output", options->output_node, "The node, or value, at which the net ends (default: its one output)")->type_name("NAME");
  command->add_option("--input_shape", options->input_shape, "Shape of the input, the batch first, in place of the file's: 1,32,32,3")->delimiter(',')->type_name("N,...");
  command->add_option("--labels", options->labels_file, "Text file with one label a line, in the order of the outputs")->type_name("FILE");
  command->add_flag("--list-operators,--list_operators", options->lists_operators, "Print the operators of each format");
  options->front_end.add(*command);
  options->output_options.add(*command);
  command->footer(kExamples);
  command->callback([options] { run_import(*options); });
}

}  // namespace qmn::cli
