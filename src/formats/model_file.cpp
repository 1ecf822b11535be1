// SPDX-License-Identifier: Apache-2.0
// formats/model_file.cpp   Model files of qmn on disk.
#include "formats/model_bytes.h"
#include "formats/onnx_format.h"

#include "base/error.h"
#include "base/file.h"

namespace qmn {

Model read_model(const std::filesystem::path& path) {
  const ModelBytes file = read_model_bytes(path);
  if (file.format != ModelFormat::onnx) {
    fail_data("{}: a {}: make a model file of it first (qmn import {} -o net.onnx)", path.string(),
              file.format == ModelFormat::tflite ? "TFLite model" : "TensorFlow GraphDef", path.string());
  }
  return parse_onnx(file.bytes, path.string());
}

void write_model(const Model& model, const std::filesystem::path& path) { write_file_atomic(path, serialize_onnx(model)); }

}  // namespace qmn
