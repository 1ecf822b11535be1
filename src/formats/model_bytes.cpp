// SPDX-License-Identifier: Apache-2.0
#include "formats/model_bytes.h"

#include "base/error.h"
#include "base/file.h"
#include "formats/onnx_limits.h"

#include <string_view>

namespace qmn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheckpointAdvice =
    "a TensorFlow 1 checkpoint, which holds weights without a runnable net: freeze it to a GraphDef (TensorFlow's freeze_graph), and "
    "import that (qmn import graph.pb -o net.onnx)";

bool exists(const fs::path& path, const char* suffix) {
  std::error_code ignored;
  return fs::exists(path.string() + suffix, ignored);
}

/// A checkpoint is given as the common prefix of its files.
bool is_checkpoint_prefix(const fs::path& path) {
  return exists(path, ".index") || exists(path, ".meta") || exists(path, ".data-00000-of-00001") || exists(path, ".data-00000-of-00002");
}

bool is_checkpoint_name(const std::string& name) { return name.ends_with(".meta") || name.find(".data-0000") != std::string::npos; }

/// What else the bytes are, with advice; empty when they may be ONNX.
std::string mistaken_for_model(const std::string& name, std::string_view bytes) {
  constexpr std::string_view kTableMagic =
      "\x57\xfb\x80\x8b\x24\x75\x47\xdb";  // 0xdb4775248b80fb57, little-endian, at the end of an .index
  if (bytes.starts_with("model_checkpoint_path") || bytes.ends_with(kTableMagic) || is_checkpoint_name(name))
    return std::string(kCheckpointAdvice);
  if (bytes.starts_with("\x89HDF")) return "a Keras HDF5 model, which is not supported: convert it to ONNX (tf2onnx)";
  if (bytes.starts_with("PK\x03\x04"))
    return "an archive (a PyTorch or Keras model?), which is not supported: export the net to ONNX (torch.onnx.export or tf2onnx)";
  return {};
}

ModelFormat format_of(const std::string& name, std::string_view bytes) {
  if (bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3") return ModelFormat::tflite;
  // A GraphDef is a list of nodes (field 1, a message); an ONNX model begins with its IR version (field 1, a number).
  const bool is_message_first = bytes.starts_with("\x0a");
  const bool is_graphdef = is_message_first && (name.ends_with(".pb") || bytes.find("Placeholder") != std::string_view::npos);
  return is_graphdef ? ModelFormat::graphdef : ModelFormat::onnx;
}

}  // namespace

ModelBytes read_model_bytes(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored) && is_checkpoint_prefix(path)) fail_data("{}: {}", path.string(), kCheckpointAdvice);
  if (fs::is_directory(path, ignored)) {
    if (fs::exists(path / "checkpoint", ignored)) fail_data("{}: a folder with {}", path.string(), kCheckpointAdvice);
    if (fs::exists(path / "saved_model.pb", ignored)) {
      fail_data("{}: a TensorFlow SavedModel, which is not supported: convert it to ONNX (python -m tf2onnx.convert --saved-model)",
                path.string());
    }
  }
  const std::string name = path.filename().string();
  if (is_checkpoint_name(name)) fail_data("{}: {}", path.string(), kCheckpointAdvice);  // before a file of weights is read whole
  std::string bytes = read_file(path, kMaxModelBytes);
  const std::string mistaken = mistaken_for_model(name, bytes);
  if (!mistaken.empty()) fail_data("{}: {}", path.string(), mistaken);
  const ModelFormat format = format_of(name, bytes);
  return {std::move(bytes), format};
}

}  // namespace qmn
