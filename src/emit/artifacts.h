// SPDX-License-Identifier: Apache-2.0
// emit/artifacts.h   The parts of an exported project, one .cpp each, and the names that they share.
#pragma once

#include "emit/emit.h"
#include "program/program.h"

#include <optional>
#include <string>
#include <vector>

namespace qmn {

/// What a prefix turns into: "qmn" → qmn_net.h, qmn_net_run(), QMN_NET_ARENA_BYTES, qmn_selftest().
struct NetNames {
  explicit NetNames(const std::string& prefix);
  std::string prefix;
  std::string net;       ///< "qmn_net": file name, function prefix, library target
  std::string macro;     ///< "QMN_NET"
  std::string selftest;  ///< "qmn_selftest"
  std::string kws;       ///< "qmn_kws"
};

std::string net_header_text(const Program& program, const MemoryPlan& plan, const NetNames& names);
std::string net_source_text(const Program& program, const MemoryPlan& plan, const NetNames& names, const Core& core);
/// Of a program that hears_sound.
std::string kws_header_text(const Program& program, const MemoryPlan& plan, const OperatingPoint& point, const NetNames& names);
std::string kws_source_text(const Program& program, const MemoryPlan& plan, const OperatingPoint& point, const NetNames& names);
std::string selftest_header_text(const NetNames& names);
std::string selftest_source_text(const Program& program, KernelVariant variant, const std::vector<KnownAnswer>& known_answers, const NetNames& names);
/// `sources` are the paths of the library's .c files, relative to the project.
std::string cmake_lists_text(const Program& program, KernelVariant variant, const std::vector<std::string>& sources, const std::string& board, const NetNames& names);
/// Whether the network asks the CMSIS-NN that it is linked with whether it is the one that it was exported for: the current API.
inline bool checks_library(KernelVariant variant) { return is_cmsis_nn(variant) && variant != KernelVariant::cmsis_nn_q7; }
std::string readme_text(const Program& program, const MemoryPlan& plan, const std::vector<std::string>& sources, const EmitOptions& options, const NetNames& names);

/// The header of runtime/ that declares the kernels of a variant.
std::string kernels_header(KernelVariant variant);
/// The runtime function that runs a kernel under a variant on its tensors' types: "qmn_conv2d_s8_dsp", "qmn_mul_s8s16_s8_ref". Pre: no concat,
/// no loop.
std::string runtime_function(const Program& program, const Kernel& kernel, KernelVariant variant);
/// The function that copies from one tensor into another: "qmn_copy_s8_ref".
std::string copy_function(const Program& program, TensorId input, TensorId output);
/// The file in runtime/ that holds a kernel's function: "qmn_conv2d_s8_dsp.c", "qmn_mul_ref.c". None for a loop, and for what runs in CMSIS-NN.
std::optional<std::string> runtime_file(const Program& program, const Kernel& kernel, KernelVariant variant);

/// "49x10x1 int8, Q1.6"
std::string tensor_text(const ProgramTensor& tensor);
/// The C type of its values: "int8_t", "int16_t".
std::string value_type(const ProgramTensor& tensor);
/// Whether the scores are a tensor of their own, behind the logits.
inline bool has_scores(const Program& program) { return program.output != program.logits; }
/// Whether the input is what the front end of the metadata makes.
bool has_front_end(const Program& program);
/// The label of each class; "class 7" where the metadata has none.
std::vector<std::string> class_labels(const Program& program);

}  // namespace qmn
