// SPDX-License-Identifier: Apache-2.0
// weights.h against the classic formula, written out once more in numpy (check_weights_header.py).
#include "base/file.h"
#include "base/random.h"
#include "base/subprocess.h"
#include "emit/compile.h"
#include "emit/emit.h"
#include "emit/programs.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

bool has_numpy() { return find_program(kPython) && run_process({kPython, "-c", "import numpy"}).exit_code == 0; }

double max_abs(const std::vector<float>& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(static_cast<double>(value)));
  return largest;
}

/// Adds parameters in the classic format of their values to a model.
class ModelBuilder {
 public:
  ModelBuilder() { model_.quantization.emplace(); }
  ValueId add_parameter(const std::string& name, Shape shape, double spread) {
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
    for (float& value : tensor.data) value = static_cast<float>(random_.normal() * spread);
    const QFormat format = format_for(max_abs(tensor.data));
    const ValueId id = model_.graph.add_initializer(name, std::move(tensor));
    model_.quantization->formats[id] = format;
    return id;
  }
  Model& model() { return model_; }

 private:
  Random random_{{11}};
  Model model_;
};

/// conv → depthwise → flatten → fully connected; only the first layer's activations have formats.
Model classic_model() {
  ModelBuilder builder;
  Model& model = builder.model();
  Graph& graph = model.graph;
  graph.name = "classic";
  graph.input = graph.add_value("input", {1, 1, 7, 5});
  const ValueId a = graph.add_value("conv_out", {1, 6, 4, 5}), b = graph.add_value("depthwise_out", {1, 6, 4, 5}), c = graph.add_value("flat", {1, 120}),
                d = graph.add_value("logits", {1, 3});
  Conv2d conv{.name = "conv", .input = graph.input, .weight = builder.add_parameter("conv/weights:0", {6, 1, 4, 3}, 0.4),
              .bias = builder.add_parameter("conv/bias:0", {6}, 3.0), .output = a, .strides = {2, 1}, .pads = {1, 1, 2, 1}};
  Conv2d depthwise{.name = "depthwise", .input = a, .weight = builder.add_parameter("depthwise/weights:0", {6, 1, 3, 3}, 0.02),
                   .bias = builder.add_parameter("depthwise/bias:0", {6}, 0.0), .output = b, .pads = {1, 1, 1, 1}, .groups = 6};
  Flatten flatten{.name = "flatten", .input = b, .output = c};
  FullyConnected fc{.name = "fc", .input = c, .weight = builder.add_parameter("fc/weights:0", {3, 120}, 1.0),
                    .bias = builder.add_parameter("fc/bias:0", {3}, 0.3), .output = d};
  graph.initializer(fc.weight).data[7] = 7.999F;  // rounds to +128 in Q3.4: saturates
  model.quantization->formats[fc.weight] = format_for(max_abs(graph.initializer(fc.weight).data));
  model.quantization->formats[graph.input] = {8, 2};
  model.quantization->formats[a] = {8, 4};
  graph.nodes = {conv, depthwise, flatten, fc};
  graph.output = d;
  return std::move(model);
}

nlohmann::json parameter_json(const Model& model, ValueId id, const std::string& layout, const Shape& map = {}) {
  const Tensor& tensor = model.graph.initializer(id);
  return {{"shape", tensor.shape}, {"data", tensor.data}, {"layout", layout}, {"map", map}};
}

TEST(WeightsHeader, EqualsTheFormulaInNumpy) {
  if (!has_numpy()) GTEST_SKIP() << "no numpy for " << kPython << " (apt install python3-numpy)";
  const Model model = classic_model();
  const auto id = [&](const std::string& name) { return *model.graph.find(name); };
  nlohmann::json expected;
  expected["conv_weights_0"] = parameter_json(model, id("conv/weights:0"), "conv");
  expected["depthwise_weights_0"] = parameter_json(model, id("depthwise/weights:0"), "depthwise");
  expected["fc_weights_0"] = parameter_json(model, id("fc/weights:0"), "fully_connected", {6, 4, 5});
  for (const std::string layer : {"conv", "depthwise", "fc"}) expected[layer + "_bias_0"] = parameter_json(model, id(layer + "/bias:0"), "bias");

  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "weights.json", expected.dump());
  write_file_atomic(folder.path() / "weights.h", emit_weights_header(model));
  const ProcessResult result = run_process({kPython, QMN_CHECK_WEIGHTS_HEADER, (folder.path() / "weights.h").string(), (folder.path() / "weights.json").string()});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST(WeightsHeader, ShiftsStandBesideLayersWhoseFormatsAreKnown) {
  const Model model = classic_model();
  const std::string header = emit_weights_header(model);
  const int accumulator = 2 + model.quantization->format_of(*model.graph.find("conv/weights:0"))->frac_bits;
  const int bias = model.quantization->format_of(*model.graph.find("conv/bias:0"))->frac_bits;
  EXPECT_NE(header.find(fmt::format("#define CONV_BIAS_LSHIFT {}\n", accumulator - bias)), std::string::npos) << header;
  EXPECT_NE(header.find(fmt::format("#define CONV_OUT_RSHIFT {}\n", accumulator - 4)), std::string::npos) << header;
  EXPECT_NE(header.find("#define DEPTHWISE_BIAS_LSHIFT"), std::string::npos);
  EXPECT_EQ(header.find("#define DEPTHWISE_OUT_RSHIFT"), std::string::npos);
  EXPECT_EQ(header.find("#define FC_BIAS_LSHIFT"), std::string::npos);
}

TEST(WeightsHeader, OfAProgramHoldsTheArraysThatTheNetUses) {
  const Program program = tiny_program();
  const std::string header = emit_weights_header(program);
  const auto& fc = std::get<FullyConnectedKernel>(program.kernels[4]);
  std::string list;
  for (const std::int8_t weight : fc.weights) list += fmt::format("{}{}", list.empty() ? "" : ", ", weight);
  EXPECT_NE(header.find("#define fc_weights_0 {" + list + "}\n"), std::string::npos) << header;
  EXPECT_NE(header.find(fmt::format("#define FC_BIAS_LSHIFT {}\n#define FC_OUT_RSHIFT {}\n", fc.bias.shift, fc.epilogue.out_shift)), std::string::npos);
}

TEST(WeightsHeader, IsUsableAsClassicCode) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "weights.h", emit_weights_header(tiny_program()));
  write_file_atomic(folder.path() / "user.c", "#include <stdint.h>\n#include \"weights.h\"\nstatic const int8_t w[] = fc_weights_0;\n"
                                              "int main(void) { return w[0] << FC_BIAS_LSHIFT >> FC_OUT_RSHIFT; }\n");
  const ProcessResult result = compile({"cc"}, {"-fsyntax-only", "user.c"}, folder.path());
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace qmn
