// SPDX-License-Identifier: Apache-2.0
// Nets that take arrays and pictures, from a foreign file to the emulated board: import, quantize, eval, sensitivity, report, export, run and
// finetune as a user runs them, and what each says when the data does not fit.
#include "base/file.h"
#include "base/random.h"
#include "cli/run_qmn.h"
#include "data/image_files.h"
#include "formats/onnx_format.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>

namespace fs = std::filesystem;

namespace qmn {
namespace {

ValueId parameter(Graph& graph, Random& random, const std::string& name, Shape shape, double size) {
  Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
  for (float& number : tensor.data) number = static_cast<float>(random.normal() * size);
  return graph.add_initializer(name, std::move(tensor));
}

/// Pictures of 8x8, three colors; a convolution, a pool and a layer: 3 classes, the mean of each color.
Model picture_net() {
  Random random({61});
  Model model;
  Graph& graph = model.graph;
  graph.name = "colors";
  graph.input = graph.add_value("image", {1, 3, 8, 8});
  const ValueId conv = graph.add_value("conv_out"), pool = graph.add_value("pool_out"), flat = graph.add_value("flat"), logits = graph.add_value("logits");
  Tensor identity{{3, 3, 1, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1}}, contrast{{3, 3}, {4, -2, -2, -2, 4, -2, -2, -2, 4}};
  graph.nodes.emplace_back(Conv2d{.name = "conv", .input = graph.input, .weight = graph.add_initializer("w", identity), .bias = parameter(graph, random, "b", {3}, 0.01), .output = conv, .activation = Activation::relu});
  graph.nodes.emplace_back(AveragePool2d{.name = "pool", .input = conv, .output = pool, .kernel = {8, 8}});
  graph.nodes.emplace_back(Flatten{.name = "flatten", .input = pool, .output = flat});
  graph.nodes.emplace_back(FullyConnected{.name = "fc", .input = flat, .weight = graph.add_initializer("v", contrast), .bias = parameter(graph, random, "c", {3}, 0.01), .output = logits});
  graph.output = logits;
  infer_shapes(graph);
  model.metadata.labels = {"red", "green", "blue"};
  return model;
}

/// 6 → 4 → 6: frames that lie in four dimensions come back, others do not.
Model encoder_net() {
  Random random({62});
  Model model;
  Graph& graph = model.graph;
  graph.name = "encoder";
  graph.input = graph.add_value("frame", {1, 6});
  Tensor encode{{4, 6}, std::vector<float>(24)}, decode{{6, 4}, std::vector<float>(24)};
  for (std::size_t i = 0; i < 4; ++i) encode.data[i * 6 + i] = decode.data[i * 4 + i] = 1;
  const ValueId code = graph.add_value("code"), out = graph.add_value("out");
  graph.nodes.emplace_back(FullyConnected{.name = "encode", .input = graph.input, .weight = graph.add_initializer("w", encode), .bias = parameter(graph, random, "b", {4}, 0.01), .output = code});
  graph.nodes.emplace_back(FullyConnected{.name = "decode", .input = code, .weight = graph.add_initializer("v", decode), .bias = parameter(graph, random, "c", {6}, 0.01), .output = out});
  graph.output = out;
  infer_shapes(graph);
  return model;
}

class ArrayCommands : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    write_file_atomic(path(name), bytes);
  }
  static ProcessResult qmn(const std::vector<std::string>& arguments) { return run_qmn(arguments); }

  /// Pictures of one color under noise, a folder for each, in PNG and PPM; the net takes them times 1/128, minus 1.
  void make_pictures() const {
    write_model(picture_net(), path("colors.onnx"));
    Random random({63});
    const char* labels[] = {"red", "green", "blue"};
    for (int i = 0; i < 150; ++i) {
      Image image{8, 8, 3, {}};
      for (int p = 0; p < 64 * 3; ++p) image.pixels.push_back(static_cast<std::uint8_t>(random.uniform(p % 3 == i % 3 ? 90 : 0, 255)));
      write(fmt::format("pictures/{}/{}.{}", labels[i % 3], i, i % 2 == 0 ? "png" : "ppm"), i % 2 == 0 ? testing::as_png(image) : testing::as_netpbm(image));
    }
  }

  /// Frames in .bin files of int16, times 1/1000, and a table: the last two numbers are 0 but of anomalies.
  void make_frames() const {
    write_model(encoder_net(), path("encoder.onnx"));
    Random random({64});
    std::string table = "file,label\n";
    for (int i = 0; i < 200; ++i) {
      const bool is_anomaly = i % 5 == 0;
      std::string bytes;
      for (int k = 0; k < 6; ++k) {
        const auto number = static_cast<std::int16_t>(1000 * (k < 4 || is_anomaly ? random.uniform(-1, 1) : 0));
        bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
      }
      write(fmt::format("frames/{}.bin", i), bytes);
      table += fmt::format("{}.bin,{}\n", i, is_anomaly ? "anomaly" : "normal");
    }
    write("frames/frames.csv", table);
  }
  std::vector<std::string> with_frames(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", path("frames/frames.csv"), "--bin_type", "int16"});
    return arguments;
  }

  TemporaryFolder folder_;
};

TEST_F(ArrayCommands, ANetOfPicturesGoesToTheBoard) {
  make_pictures();
  const std::string data = path("pictures");
  const auto quantized = json_of(qmn({"quantize", path("colors.onnx"), "-o", path("q.onnx"), "--data", data, "--mean", "128", "--scale", "0.0078125", "--json", "-q"}));
  EXPECT_GT(quantized["testing"]["float_accuracy"], 0.6);
  EXPECT_GE(quantized["testing"]["integer_accuracy"].get<double>(), quantized["testing"]["float_accuracy"].get<double>() - 0.1);
  // What was said of the input is part of the model now: nothing needs to be repeated.
  const auto measured = json_of(qmn({"eval", path("q.onnx"), "--data", data, "--split", "testing", "--json", "-q"}));
  EXPECT_EQ(measured["labels"], nlohmann::json({"red", "green", "blue"}));
  EXPECT_EQ(measured["splits"]["testing"]["integer"]["accuracy"], quantized["testing"]["integer_accuracy"]);
  const auto against = json_of(qmn({"eval", path("q.onnx"), "--data", data, "--split", "all", "--against", path("colors.onnx"), "--mean", "128", "--scale", "0.0078125", "--json", "-q"}));
  EXPECT_EQ(against["splits"]["testing"]["accuracy_against"], quantized["testing"]["float_accuracy"]);

  ASSERT_EQ(qmn({"export", path("q.onnx"), "-o", path("firmware")}).exit_code, 0);
  EXPECT_NE(read_file(path("firmware/README.md")).find("floor((x - 128) * 0.0078125 * 2^"), std::string::npos);
  const auto run = json_of(qmn({"run", path("firmware"), "--board", "host", "--data", data, "--limit", "0", "--json", "-q"}));
  EXPECT_EQ(run["equal"], run["clips"].size());
  EXPECT_EQ(run["clips"].size(), quantized["testing"]["clips"].get<std::size_t>());
  EXPECT_EQ(run["hits"]["board"], measured["splits"]["testing"]["integer"]["hits"]);
  const auto named = json_of(qmn({"run", path("firmware"), "--board", "host", path("pictures/blue/2.png"), path("pictures/green/1.ppm"), "--json"}));
  ASSERT_EQ(named["clips"].size(), 2U);
  EXPECT_EQ(named["equal"], 2);
  expect_error(qmn({"run", path("firmware"), "--board", "host", path("yes.wav")}), 1, "takes no sound");

  const auto tuned = json_of(qmn({"finetune", path("q.onnx"), "-o", path("qat.onnx"), "--data", data, "--steps", "20", "--eval_step_interval", "10", "--batch_size", "16", "--json", "-q"}));
  EXPECT_GE(tuned["validation"]["accuracy"].get<double>(), tuned["validation"]["start_accuracy"].get<double>());
  EXPECT_EQ(tuned["steps"], 20);
}

TEST_F(ArrayCommands, ANetWithoutClassesIsMeasuredByErrorsNoiseAndAuc) {
  make_frames();
  std::vector<std::string> quantize = with_frames({"quantize", path("encoder.onnx"), "-o", path("q.onnx"), "--json", "-q"});
  quantize.insert(quantize.end(), {"--scale", "0.001", "--report", path("report.html")});
  const auto quantized = json_of(qmn(quantize));
  const auto& testing = quantized["testing"];
  EXPECT_EQ(testing["float"]["auc"], 1.0);
  EXPECT_GT(testing["integer"]["auc"], 0.99);
  EXPECT_GT(testing["integer"]["sqnr_db"], 30);
  EXPECT_TRUE(quantized["recipe"]["is_inside"]);
  EXPECT_NE(read_file(path("report.html")).find("\"outputs\":\"values\""), std::string::npos);

  const ProcessResult eval = qmn(with_frames({"eval", path("q.onnx"), "--split", "testing"}));
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  for (const char* text : {"squared error", "AUC", "SQNR dB", "integer"}) EXPECT_NE(eval.out.find(text), std::string::npos) << eval.out;
  EXPECT_EQ(eval.out.find("accuracy"), std::string::npos) << eval.out;
  for (const char* command : {"sensitivity", "report"}) {
    std::vector<std::string> arguments = with_frames({command, path("q.onnx")});
    if (std::string(command) == "report") arguments.insert(arguments.end(), {"-o", path("page.html")});
    const ProcessResult result = qmn(arguments);
    EXPECT_EQ(result.exit_code, 0) << command << result.err;
    EXPECT_EQ(result.out.find("accuracy"), std::string::npos) << result.out;
  }
  const ProcessResult info = qmn({"info", path("q.onnx")});
  EXPECT_NE(info.out.find("arrays of 6; times 0.001"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("6 values"), std::string::npos) << info.out;

  ASSERT_EQ(qmn({"export", path("q.onnx"), "-o", path("firmware")}).exit_code, 0);
  const auto run = json_of(qmn(with_frames({"run", path("firmware"), "--board", "host", "--json", "-q"})));
  EXPECT_EQ(run["equal"], run["clips"].size());
  EXPECT_EQ(run["values"]["board"], run["values"]["integer"]);
  expect_error(qmn(with_frames({"finetune", path("q.onnx"), "-o", path("x.onnx")})), 1, "without classes");
  expect_error(qmn(with_frames({"quantize", path("encoder.onnx"), "-o", path("x.onnx"), "--method", "progressive", "--scale", "0.001"})), 2, "--method progressive needs labels");
  EXPECT_FALSE(fs::exists(path("x.onnx")));
}

TEST_F(ArrayCommands, DataThatDoesNotFitEndsInOneLine) {
  make_frames();
  const std::string model = path("encoder.onnx"), out = path("x.onnx");
  const auto quantize = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"quantize", model, "-o", out, "-q"});
    return qmn(more);
  };
  expect_error(quantize({"--data", path("none.npz")}), 1, "none.npz");
  expect_error(quantize({"--data", path("frames/frames.csv")}), 1, "no whole number of examples");
  expect_error(quantize({"--data", path("frames/frames.csv"), "--bin_type", "int4"}), 2, "--bin_type int4");
  expect_error(quantize({"--data", path("frames/frames.csv"), "--bin_type", "int16", "--mean", "1", "2"}), 2, "--mean");
  expect_error(quantize({"--data", path("frames/frames.csv"), "--bin_type", "int16", "--layout", "chwn"}), 2, "--layout");
  write("words.txt", "x");
  expect_error(quantize({"--data", path("words.txt")}), 1, "neither a folder nor a .csv");
  fs::create_directories(path("empty"));
  expect_error(quantize({"--data", path("empty")}), 1, "empty");
  expect_error(quantize({}), 1, "--data PATH");
  expect_error(qmn(with_frames({"eval", model, "--copies", "3"})), 2, "--copies 3");
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace qmn
