// SPDX-License-Identifier: Apache-2.0
#include "import/import.h"

#include "base/error.h"
#include "formats/onnx_format.h"
#include "passes/passes.h"

namespace qmn {
namespace {

/// `node` goes, and of the values before and after it only `survivor` stays: it takes the format of the one that goes, `gone`.
///   relu(quantized x) lies on x's grid, and a dropout changes nothing: one format is enough where the two do not contradict.
void merge_formats(const Graph& graph, Quantization& quantization, const Node& node, ValueId gone, ValueId survivor) {
  const std::optional<QFormat> lost = quantization.format_of(gone);
  if (!lost) return;
  const auto [kept, is_new] = quantization.formats.emplace(survivor, *lost);
  if (kept->second != *lost) {
    fail_data("{} {}: {} is quantized to {} and {} to {}: quantize only behind it, or start from the float model", op_type(node),
              node_name(node), graph.value(gone).name, lost->name(), graph.value(survivor).name, kept->second.name());
  }
}

/// The formats of `before`, by the values of `after`.
Quantization carry_over(const Graph& before, Quantization quantization, const Graph& after) {
  for (const Node& node : before.nodes) {
    if (std::holds_alternative<BatchNorm>(node)) {
      fail_data("BatchNormalization {} stands in a quantized model: fold it before quantization, or start from the float model",
                node_name(node));
    }
    if (const auto* dropout = std::get_if<Dropout>(&node)) merge_formats(before, quantization, node, dropout->output, dropout->input);
    const auto* relu = std::get_if<Relu>(&node);
    if (relu != nullptr && !after.find(before.value(relu->input).name))
      merge_formats(before, quantization, node, relu->input, relu->output);
  }
  const auto carry = [&](const auto& from, auto& to) {
    for (const auto& [id, entry] : from) {
      if (const std::optional<ValueId> kept = after.find(before.value(id).name)) to.emplace(*kept, entry);
    }
  };
  Quantization out;
  carry(quantization.formats, out.formats);
  carry(quantization.channel_frac_bits, out.channel_frac_bits);
  carry(quantization.corrections, out.corrections);
  return out;
}

}  // namespace

Model prepare_model(Model model) {
  Graph prepared = prepare_for_inference(model.graph, !model.quantization);
  if (model.quantization) model.quantization = carry_over(model.graph, std::move(*model.quantization), prepared);
  model.graph = std::move(prepared);
  return model;
}

Model import_model(const std::filesystem::path& path) {
  Model model = read_model(path);
  try {
    return prepare_model(std::move(model));
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", path.string(), error.what()));
  }
}

}  // namespace qmn
