// SPDX-License-Identifier: Apache-2.0
// formats/onnx_conventions.h   What qmn's model files hold beyond plain ONNX; the writer and the reader agree on it here.
//
// * metadata_props "qmn": labels, front end and notes as JSON (metadata/metadata.h). It is the last entry, so that a file that is cut off
//   anywhere lacks it.
// * metadata_props "qmn_float:<tensor>": the float values behind a 32-bit tensor, 8 hex digits each (the IEEE 754 bits). QuantizeLinear
//   cannot make int32, so those tensors stand in the graph as integers, and their float values would be lost.
// * metadata_props "qmn_correction:<tensor>": in the same way, the correction of such a tensor (Quantization::corrections).
// * A Relu or Clip whose doc_string is kFusedActivation is the activation of the node before it; any other is a node.
// * Nodes whose doc_string is kInitialState repeat a Scan's initial state for every clip of a batch; the last of them is an Expand.
// * A value in fixed point passes a QuantizeLinear and a DequantizeLinear with the scale 2^-frac_bits and the zero point 0.
//   A parameter with a format for each channel has one scale a channel, axis 0.
// * An Add of two initializers in front of a QuantizeLinear: a parameter and its correction.
#pragma once

namespace qmn::onnx_conventions {

inline constexpr const char* kProducer = "qmn";
inline constexpr const char* kMetadataKey = "qmn";
inline constexpr const char* kFloatKeyPrefix = "qmn_float:";
inline constexpr const char* kCorrectionKeyPrefix = "qmn_correction:";
inline constexpr const char* kFusedActivation = "activation of the node before";
inline constexpr const char* kInitialState = "initial state of a batch";
inline constexpr const char* kMicrosoftDomain = "com.microsoft";  ///< 16-bit QuantizeLinear and DequantizeLinear
inline constexpr int kIrVersion = 7;
inline constexpr int kOpset = 13;
inline constexpr int kOldestOpset = 7;  ///< that the reader takes
inline constexpr int kNewestOpset = 17;

}  // namespace qmn::onnx_conventions
