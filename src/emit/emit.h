// SPDX-License-Identifier: Apache-2.0
// emit/emit.h   Program + plan → C sources, weights.h and build files, as text by relative path. Deterministic: no dates, no paths.
#pragma once

#include "emit/targets.h"
#include "graph/quantization.h"
#include "metadata/operating_point.h"
#include "program/program.h"
#include "program/tensor_bytes.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace qmn {

/// A known answer: an input and what the simulator made of it.
struct KnownAnswer {
  TensorBytes input, logits, scores;
};

/// Whether a program's firmware can take samples: its input is what the front end of its metadata makes, the integer front end can make it,
/// and there are scores.
bool hears_sound(const Program& program);

struct EmitOptions {
  std::string board;               ///< "mps2-an386", …, or "none": a drop-in folder for a user's own board
  std::string core{};              ///< "cortex-m4", …: which the kernels were chosen for; empty: the board's
  std::vector<KnownAnswer> known_answers;  ///< at least one
  OperatingPoint point{};          ///< of a program that hears_sound; without thresholds no word is ever heard
  std::string prefix = "qmn";      ///< of every name of this net, so that two nets link together: qmn_net_run(), qmn_selftest(), …
};

/// relative path → content: qmn_net.h, qmn_net.c, weights.h, qmn_selftest.{h,c}, qmn_kws.{h,c} of a program that hears_sound, the runtime files that the net needs, board files,
/// CMakeLists.txt, README.md.
using FileSet = std::map<std::string, std::string>;
/// The board sources for `board` and for the host: "boards/…". Part of emit_project's files unless the board is "none".
FileSet board_files(const std::string& board);
FileSet emit_project(const Program& program, const MemoryPlan& plan, const EmitOptions& options);  ///< every file of the project

/// The classic weights.h: `#define name {v, v, …}` for each weight and bias, convolutions [out][ky][kx][in], fully connected [out][in], and
/// behind each its frac_bits, BIAS_LSHIFT and OUT_RSHIFT as defines (shifts only where formats are known).
std::string emit_weights_header(const Program& program);
/// The same of a model prepared for inference whose parameters have formats and whose activations may lack them.
std::string emit_weights_header(const Model& model);

}  // namespace qmn
