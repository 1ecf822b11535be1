// SPDX-License-Identifier: Apache-2.0
#include "import/foreign.h"

#include "base/error.h"
#include "formats/draft_onnx.h"
#include "formats/graphdef_format.h"
#include "formats/model_bytes.h"
#include "formats/onnx_draft.h"
#include "formats/onnx_format.h"
#include "formats/tflite_format.h"
#include "import/advice.h"
#include "import/batch_check.h"
#include "import/layouts.h"
#include "import/legalizer.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace qmn {
namespace {

void report(const Complaints& complaints) {
  if (complaints.empty()) return;
  Complaints listed = complaints;
  constexpr std::size_t kMaxListed = 100;
  if (listed.size() > kMaxListed) {
    listed.resize(kMaxListed);
    listed.push_back(fmt::format("and {} more", complaints.size() - kMaxListed));
  }
  if (listed.size() == 1) fail_data("{}", listed[0]);
  fail_data("{} nodes cannot be imported: {}", complaints.size(), fmt::join(listed, "; "));
}

void check_ends(const Draft& draft) {
  if (draft.inputs.empty()) fail_data("its output does not depend on an input");
  if (draft.inputs.size() > 1) {
    std::vector<std::string> names;
    for (const DraftInput& input : draft.inputs) names.push_back(input.name);
    fail_data("it has the inputs {}: one is supported", fmt::join(names, ", "));
  }
  if (draft.outputs.size() > 1) fail_data("it has the outputs {}: name the one to keep by --output", fmt::join(draft.outputs, ", "));
  if (draft.outputs.empty()) fail_data("it has no output");
}

/// Nodes whose shapes are understood, but which become nothing: reported together with those that are not even understood.
void complain_about_unsupported(const Analysis& analysis, Complaints& complaints) {
  for (const DraftNode& node : analysis.draft.nodes) {
    const bool vanishes = node.op == "Gather" || node.op == "Squeeze" || node.op == "Unsqueeze" || node.op.starts_with("Reduce");
    if (!vanishes && !Legalizer::handlers().contains(node.op)) complaints.push_back(fmt::format("{}: {}", node.title(), advice_for(node.op)));
  }
}

/// Whether a Softmax ends the net, behind which nothing but a change of shape stands.
bool ends_in_softmax(const Draft& draft) {
  std::string value = draft.outputs.at(0);
  for (auto node = draft.nodes.rbegin(); node != draft.nodes.rend(); ++node) {
    if (std::ranges::count(node->outputs, value) == 0) continue;
    if (node->op == "Softmax") return true;
    if (node->op != "Reshape" && node->op != "Flatten" && node->op != "Squeeze" && node->op != "Unsqueeze" && node->op != "Identity") return false;
    value = node->inputs.at(0);
  }
  return false;
}

const char* format_name(ModelFormat format) {
  return format == ModelFormat::tflite ? "TFLite" : format == ModelFormat::graphdef ? "TensorFlow GraphDef" : "ONNX";
}

ForeignModel parse_foreign(const ModelBytes& file, const std::string& name, const std::string& output) {
  switch (file.format) {
    case ModelFormat::tflite:
      return parse_tflite(file.bytes, name, output);
    case ModelFormat::graphdef:
      return parse_graphdef(file.bytes, name, output);
    case ModelFormat::onnx:
      break;
  }
  return parse_onnx_draft(file.bytes, name, output);
}

}  // namespace

Model model_of(const ForeignModel& foreign, std::vector<std::string>& notes) {
  Complaints complaints;
  const Analysis logical = analyze(foreign.draft, 1, complaints);
  complain_about_unsupported(logical, complaints);
  report(complaints);
  check_ends(logical.draft);
  const LaidOut laid_out = remove_layouts(logical);
  notes.insert(notes.end(), laid_out.notes.begin(), laid_out.notes.end());
  Draft used = foreign.draft;
  used.inputs = logical.draft.inputs;
  for (const DraftInput& input : foreign.draft.inputs) {
    if (input.name == used.inputs[0].name) used.inputs[0].shape = input.shape;
  }
  check_batch(used, logical, laid_out, complaints);
  const Analysis stored = analyze(laid_out.draft, 1, complaints);
  const Draft legal = Legalizer(stored, complaints, notes).run();
  report(complaints);
  Model model = parse_onnx(serialize_draft(legal), "the imported net");
  if (foreign.front_end) model.metadata.front_end = *foreign.front_end;
  model.metadata.labels = foreign.labels;
  model.metadata.array_input.is_channels_last = laid_out.is_channels_last;
  if (ends_in_softmax(stored.draft)) model.metadata.outputs = OutputKind::classes;
  return model;
}

Imported import_file(const std::filesystem::path& path, const ImportSettings& settings) {
  const ModelBytes file = read_model_bytes(path);
  Imported imported;
  imported.format = format_name(file.format);
  if (file.format == ModelFormat::onnx && is_own_onnx(file.bytes)) {
    imported.model = parse_onnx(file.bytes, path.string());
    imported.notes.emplace_back("a model file of qmn already");
    return imported;
  }
  ForeignModel foreign = parse_foreign(file, path.string(), settings.output);
  imported.notes = foreign.notes;
  imported.has_front_end = foreign.front_end.has_value();
  try {
    if (settings.input_shape && foreign.draft.inputs.size() == 1) foreign.draft.inputs[0].shape = *settings.input_shape;
    imported.model = model_of(foreign, imported.notes);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", path.string(), error.what()));
  }
  return imported;
}

std::vector<FormatOperators> supported_operators() {
  std::vector<std::string> layers{"Constant", "DequantizeLinear", "Dropout", "GRU", "Identity", "LSTM", "QuantizeLinear", "Squeeze", "Unsqueeze"}, constants;
  for (const auto& [op, handler] : Legalizer::handlers()) layers.push_back(op);
  std::sort(layers.begin(), layers.end());
  for (const std::string& op : understood_operators()) {
    if (find_operator(op)->evaluate != nullptr && !std::binary_search(layers.begin(), layers.end(), op)) constants.push_back(op);
  }
  return {{"TensorFlow GraphDef", graphdef_operators()}, {"TFLite", tflite_operators()}, {"ONNX", layers}, {"ONNX, of constants", constants}};
}

}  // namespace qmn
