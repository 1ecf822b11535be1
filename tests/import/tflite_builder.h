// SPDX-License-Identifier: Apache-2.0
// tests/import/tflite_builder.h   Small TFLite models, tensor by tensor and operator by operator.
#pragma once

#include <tflite_schema_generated.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qmn::testing {

enum TfliteType : std::int8_t { kTfliteFloat32 = 0, kTfliteFloat16 = 1, kTfliteInt32 = 2, kTfliteInt8 = 9 };

class TfliteBuilder {
 public:
  flatbuffers::FlatBufferBuilder fbb;

  TfliteBuilder() { buffers_.push_back(tflite::CreateBuffer(fbb)); }

  /// An activation.
  int value(const std::string& name, const std::vector<int>& shape, std::int8_t type = kTfliteFloat32) {
    tensors_.push_back(tflite::CreateTensorDirect(fbb, &shape, type, 0, name.c_str()));
    return static_cast<int>(tensors_.size()) - 1;
  }
  template <class T>
  int constant(const std::string& name, const std::vector<int>& shape, const std::vector<T>& numbers, std::int8_t type,
               flatbuffers::Offset<tflite::Quantization> quantization = 0) {
    const std::vector<std::uint8_t> raw(reinterpret_cast<const std::uint8_t*>(numbers.data()), reinterpret_cast<const std::uint8_t*>(numbers.data() + numbers.size()));
    buffers_.push_back(tflite::CreateBufferDirect(fbb, &raw));
    tensors_.push_back(tflite::CreateTensorDirect(fbb, &shape, type, static_cast<std::uint32_t>(buffers_.size() - 1), name.c_str(), quantization));
    return static_cast<int>(tensors_.size()) - 1;
  }
  int reals(const std::string& name, const std::vector<int>& shape, const std::vector<float>& numbers) { return constant(name, shape, numbers, kTfliteFloat32); }
  int integers(const std::string& name, const std::vector<int>& shape, const std::vector<int>& numbers) { return constant(name, shape, numbers, kTfliteInt32); }
  flatbuffers::Offset<tflite::Quantization> scales(const std::vector<float>& scale, const std::vector<std::int64_t>& zero_point, int dimension = 0) {
    return tflite::CreateQuantizationDirect(fbb, nullptr, nullptr, &scale, &zero_point, 0, 0, dimension);
  }
  template <class Options>
  void op(int code, const std::vector<int>& inputs, const std::vector<int>& outputs, flatbuffers::Offset<Options> options) {
    codes_.push_back(tflite::CreateOperatorCode(fbb, static_cast<std::int8_t>(code < 127 ? code : 127), 0, 1, code));
    operators_.push_back(tflite::CreateOperatorDirect(fbb, static_cast<std::uint32_t>(codes_.size() - 1), &inputs, &outputs, 1, flatbuffers::Offset<tflite::Anything>(options.o)));
  }
  void op(int code, const std::vector<int>& inputs, const std::vector<int>& outputs) { op(code, inputs, outputs, flatbuffers::Offset<tflite::Anything>(0)); }

  /// The builder is used up.
  std::string bytes(const std::vector<int>& inputs, const std::vector<int>& outputs, std::uint32_t version = 3) {
    const auto graph = tflite::CreateSubGraphDirect(fbb, &tensors_, &inputs, &outputs, &operators_, "main");
    const std::vector<flatbuffers::Offset<tflite::SubGraph>> graphs{graph};
    fbb.Finish(tflite::CreateModelDirect(fbb, version, &codes_, &graphs, "", &buffers_), "TFL3");
    return {reinterpret_cast<const char*>(fbb.GetBufferPointer()), fbb.GetSize()};
  }

 private:
  std::vector<flatbuffers::Offset<tflite::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tflite::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<tflite::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<tflite::Operator>> operators_;
};

}  // namespace qmn::testing
