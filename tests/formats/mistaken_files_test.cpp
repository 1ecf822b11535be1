// SPDX-License-Identifier: Apache-2.0
// Files that users give in place of a model: each is recognized, and the message says what to do.
#include "formats/onnx_format.h"
#include "formats/random_model.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <fstream>

namespace qmn {
namespace {

class MistakenFiles : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes) { std::ofstream(folder_.path() / name, std::ios::binary) << bytes; }
  void expect_fault(const std::string& name, std::vector<std::string> parts) {
    parts.push_back(name);
    testing::expect_error(ErrorKind::data, parts, [&] { read_model(folder_.path() / name); });
  }
  const TemporaryFolder folder_;
};

const std::string kTableMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
const std::vector<std::string> kCheckpoint{"TensorFlow 1 checkpoint", "freeze", "qmn import"};

TEST_F(MistakenFiles, TensorFlowCheckpoints) {
  write("dnn.ckpt-100.index", std::string(100, 'x') + kTableMagic);
  write("dnn.ckpt-100.meta", "\x0a\x10");
  write("dnn.ckpt-100.data-00000-of-00001", "weights");
  write("checkpoint", "model_checkpoint_path: \"dnn.ckpt-100\"\n");
  write("renamed.bin", std::string(100, 'x') + kTableMagic);
  for (const char* name :
       {"dnn.ckpt-100", "dnn.ckpt-100.index", "dnn.ckpt-100.meta", "dnn.ckpt-100.data-00000-of-00001", "checkpoint", "renamed.bin"}) {
    SCOPED_TRACE(name);
    expect_fault(name, kCheckpoint);
  }
  testing::expect_error(ErrorKind::data, kCheckpoint, [&] { read_model(folder_.path()); });
}

TEST_F(MistakenFiles, OtherModelFormats) {
  write("net.tflite", std::string("\x1c\0\0\0TFL3....", 12));
  expect_fault("net.tflite", {"TFLite", "qmn import"});
  write("net.pb", "\x0a\x05\x0a\x01x\x12\x00");
  expect_fault("net.pb", {"GraphDef", "qmn import"});
  write("frozen", "\x0a\x10\x0a\x01x\x12\x0bPlaceholder");
  expect_fault("frozen", {"GraphDef"});
  write("net.h5", "\x89HDF\r\n");
  expect_fault("net.h5", {"Keras", "ONNX"});
  write("net.pt", "PK\x03\x04...");
  expect_fault("net.pt", {"PyTorch", "ONNX"});
  std::filesystem::create_directory(folder_.path() / "saved");
  write("saved/saved_model.pb", "x");
  expect_fault("saved", {"SavedModel", "ONNX"});
}

TEST_F(MistakenFiles, NoModelAtAll) {
  write("empty.onnx", "");
  expect_fault("empty.onnx", {"empty"});
  write("text.onnx", "this is not a model\n");
  expect_fault("text.onnx", {"truncated or not an ONNX model"});
  const std::string bytes = serialize_onnx(testing::random_model(1, testing::Formats::none));
  write("half.onnx", bytes.substr(0, bytes.size() / 2));
  expect_fault("half.onnx", {"truncated or not an ONNX model"});
  expect_fault("missing.onnx", {});
}

TEST_F(MistakenFiles, AnOnnxModelMayHaveAnyName) {
  write("net.pb", serialize_onnx(testing::random_model(1, testing::Formats::none)));
  EXPECT_EQ(read_model(folder_.path() / "net.pb").metadata.labels.size(), 2u);
}

TEST_F(MistakenFiles, AFailedWriteLeavesNothing) {
  Model model = testing::random_model(1, testing::Formats::none);
  model.graph.initializers.begin()->second.data[0] = std::nanf("");
  testing::expect_error(ErrorKind::data, {"nan"}, [&] { write_model(model, folder_.path() / "net.onnx"); });
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  testing::expect_error(ErrorKind::data, {"nowhere"},
                        [&] { write_model(testing::random_model(1, testing::Formats::none), folder_.path() / "nowhere" / "net.onnx"); });
}

}  // namespace
}  // namespace qmn
