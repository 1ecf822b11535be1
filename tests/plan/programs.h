// SPDX-License-Identifier: Apache-2.0
// Programs for the tests of the planner: only their tensors, the order of kernels and what each reads matter.
#pragma once

#include "program/program.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace qmn {

inline TensorId add_tensor(Program& program, int size_bytes) {
  ProgramTensor tensor;
  tensor.name = fmt::format("t{}", program.tensors.size());
  tensor.channels = size_bytes;
  program.tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(program.tensors.size()) - 1;
}

/// A kernel that cannot work in place.
inline TensorId add_layer(Program& program, TensorId input, int size_bytes) {
  FullyConnectedKernel kernel;
  kernel.name = fmt::format("layer{}", program.kernels.size());
  kernel.input = input;
  kernel.output = add_tensor(program, size_bytes);
  program.kernels.push_back(kernel);
  return kernel.output;
}

/// A kernel that may overwrite its input.
inline TensorId add_in_place(Program& program, TensorId input) {
  RequantizeKernel kernel;
  kernel.name = fmt::format("requantize{}", program.kernels.size());
  kernel.input = input;
  kernel.output = add_tensor(program, program.tensor(input).size_bytes());
  program.kernels.push_back(kernel);
  return kernel.output;
}

/// A kernel that under `dsp` may overwrite its input and takes scratch.
inline TensorId add_pointwise(Program& program, TensorId input) {
  Conv2dKernel kernel;
  kernel.name = fmt::format("pointwise{}", program.kernels.size());
  kernel.input = input;
  kernel.output = add_tensor(program, program.tensor(input).size_bytes());
  program.kernels.push_back(kernel);
  return kernel.output;
}

/// Layers one behind the other, with the given sizes of tensors.
inline Program chain(const std::vector<int>& sizes) {
  Program program;
  TensorId last = program.input = add_tensor(program, sizes.front());
  for (std::size_t i = 1; i < sizes.size(); ++i) last = add_layer(program, last, sizes[i]);
  program.logits = program.output = last;
  return program;
}

}  // namespace qmn
