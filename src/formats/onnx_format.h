// SPDX-License-Identifier: Apache-2.0
// formats/onnx_format.h   bytes ↔ Model: ONNX, the model file of qmn itself. Opset 13, QDQ for quantized models (DESIGN §7).
#pragma once

#include "graph/quantization.h"

#include <filesystem>
#include <string>

namespace qmn {

/// Reads a model; QuantizeLinear/DequantizeLinear pairs become Model::quantization. Error (data), one line, for anything that is not
/// a valid model of supported operators. `file_name` is for the message.
Model parse_onnx(const std::string& bytes, const std::string& file_name);
std::string serialize_onnx(const Model& model);  ///< the bytes that parse_onnx reads
/// The same net for another runtime, which rounds ties to even: parameters are rounded already, and an Add in front of each QuantizeLinear moves
/// ties of activations up, as the firmware does (onnx_ties.cpp). qmn itself goes on from serialize_onnx.
std::string serialize_onnx_with_ties_up(const Model& model);

/// read_file + parse_onnx; recognizes what users mistake for one (TensorFlow checkpoints, .tflite, .pb) and says what to do.
Model read_model(const std::filesystem::path& path);
void write_model(const Model& model, const std::filesystem::path& path);  ///< atomic

}  // namespace qmn
