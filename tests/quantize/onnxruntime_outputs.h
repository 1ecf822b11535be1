// SPDX-License-Identifier: Apache-2.0
// tests/quantize/onnxruntime_outputs.h   What ONNX Runtime answers, by tests/onnxruntime/run_onnx.mjs.
#pragma once

#include "base/file.h"
#include "base/subprocess.h"
#include "data/feature_set.h"
#include "formats/onnx_format.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

namespace qmn::testing {

/// Why it cannot be asked; empty: it can.
inline std::string why_no_onnxruntime() {
  const char* runtime = std::getenv("QMN_ONNXRUNTIME");
  const bool is_there = runtime != nullptr && std::filesystem::exists(std::filesystem::path(runtime) / "node_modules") && find_program("node");
  return is_there ? "" : "set QMN_ONNXRUNTIME to a folder made by tests/onnxruntime/install.sh";
}

/// [row][output] of the model file `onnx`, whose input is `model`'s.
inline std::vector<float> onnxruntime_outputs(const std::string& onnx, const Model& model, const FeatureSet& rows) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "model.onnx", onnx);
  write_file_atomic(folder.path() / "input", {reinterpret_cast<const char*>(rows.features.data()), rows.features.size() * sizeof(float)});
  std::vector<std::string> command{"node", QMN_TESTS "/onnxruntime/run_onnx.mjs", (folder.path() / "model.onnx").string(), (folder.path() / "input").string(), (folder.path() / "output").string()};
  const Shape& shape = model.graph.shape(model.graph.input);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) command.push_back(std::to_string(shape[axis]));
  const ProcessResult result = run_process(command);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  if (result.exit_code != 0) return {};
  const std::string bytes = read_file(folder.path() / "output");
  std::vector<float> outputs(bytes.size() / sizeof(float));
  std::memcpy(outputs.data(), bytes.data(), outputs.size() * sizeof(float));
  return outputs;
}

/// Of the file as qmn writes it.
inline std::vector<float> onnxruntime_outputs(const Model& model, const FeatureSet& rows) { return onnxruntime_outputs(serialize_onnx(model), model, rows); }

}  // namespace qmn::testing
