// SPDX-License-Identifier: Apache-2.0
// A model comes back from its bytes as it was: structure, float bits, formats, metadata.
#include "formats/onnx_format.h"
#include "formats/random_model.h"
#include "models/models.h"
#include "passes/passes.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace qmn {
namespace {

using testing::canonical_text;
using testing::Formats;
using testing::random_model;

void expect_round_trip(const Model& model) {
  const std::string bytes = serialize_onnx(model);
  EXPECT_EQ(canonical_text(parse_onnx(bytes, "net.onnx")), canonical_text(model));
}

RC_GTEST_PROP(RoundTrip, FloatModelsComeBackAsTheyWere, (std::uint64_t seed)) {
  const Model model = random_model(seed, Formats::none);
  RC_ASSERT(canonical_text(parse_onnx(serialize_onnx(model), "net.onnx")) == canonical_text(model));
}

RC_GTEST_PROP(RoundTrip, QuantizedModelsComeBackAsTheyWere, (std::uint64_t seed)) {
  for (Formats which : {Formats::some, Formats::all}) {
    const Model model = random_model(seed, which);
    RC_ASSERT(canonical_text(parse_onnx(serialize_onnx(model), "net.onnx")) == canonical_text(model));
  }
}

TEST(RoundTrip, TheHelloEdgeNetsComeBack) {
  for (const std::string& architecture : architecture_names()) {
    Model model;
    model.graph = build_model(architecture, published_size_info(architecture, "s"), published_front_end(architecture), 12, 3);
    model.metadata.architecture = architecture;
    expect_round_trip(model);
    model.graph = prepare_for_inference(model.graph);
    expect_round_trip(model);
    model.quantization = testing::random_formats(model.graph, Formats::all, 1);
    expect_round_trip(model);
  }
}

TEST(RoundTrip, EveryFormatOfABiasKeepsItsFloatBits) {
  Model model = random_model(1, Formats::none);
  model.graph = prepare_for_inference(model.graph);
  const ValueId id = model.graph.initializers.begin()->first;
  std::vector<float>& reals = model.graph.initializer(id).data;
  const float odd[] = {-0.0f, 1e-40f, 3.4e38f, -3.4e38f, 0.1f, 1.0f / 3};
  for (std::size_t i = 0; i < reals.size(); ++i) reals[i] = odd[i % 6];
  for (int bits : {8, 16, 32}) {
    for (int frac_bits : {-40, -1, 0, 7, 40}) {
      model.quantization = Quantization{{{id, {bits, frac_bits}}}};
      expect_round_trip(model);
    }
  }
  model.quantization = Quantization{{{id, {32, 80}}}};  // accumulator scale: the sum of two formats
  expect_round_trip(model);
}

TEST(RoundTrip, NamesThatTheWriterWouldChooseDoNotCollide) {
  Model model = random_model(2, Formats::all);
  const std::string suffixes[] = {"/float", "/quantized", "/dequantized", "/scale", "/zero_point", "/raw", "/linear", "/ratio"};
  const std::string base = model.graph.value(model.graph.output).name;
  for (std::size_t i = 0, k = 0; i < model.graph.values.size() && k < 8; ++i) {
    if (static_cast<ValueId>(i) != model.graph.output) model.graph.values[i].name = base + suffixes[k++];
  }
  expect_round_trip(model);
}

TEST(RoundTrip, BytesAreTheSameEveryTime) {
  const Model model = random_model(7, Formats::all);
  EXPECT_EQ(serialize_onnx(model), serialize_onnx(model));
  EXPECT_EQ(serialize_onnx(parse_onnx(serialize_onnx(model), "net.onnx")).size(), serialize_onnx(model).size());
}

TEST(RoundTrip, ThroughAFile) {
  const TemporaryFolder folder;
  const Model model = random_model(5, Formats::some);
  write_model(model, folder.path() / "net.onnx");
  EXPECT_EQ(canonical_text(read_model(folder.path() / "net.onnx")), canonical_text(model));
}

}  // namespace
}  // namespace qmn
