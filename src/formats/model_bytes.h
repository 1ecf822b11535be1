// SPDX-License-Identifier: Apache-2.0
// formats/model_bytes.h   Which format a model file has, and what users take for one.
#pragma once

#include <filesystem>
#include <string>

namespace qmn {

enum class ModelFormat { onnx, tflite, graphdef };

struct ModelBytes {
  std::string bytes;
  ModelFormat format = ModelFormat::onnx;
};

/// The whole file. Error (data) when it is missing or too large, and, with advice, for checkpoints, folders and formats of other tools that
/// nothing here reads.
ModelBytes read_model_bytes(const std::filesystem::path& path);

}  // namespace qmn
