// SPDX-License-Identifier: Apache-2.0
// program/mve_layout.h   Constants of a kernel in the order in which its mve form reads them (runtime/qmn_kernels_mve.h is normative):
//   conv2d, fully_connected  [block of 4 rows][vector of 16 columns][4 rows][16]   row = output channel, columns = [ky][kx][in]
//   depthwise_conv2d         [channel][ky][kx]
// Rows and columns are filled up with zeros. Biases and shifts as those of the dsp forms (dsp_layout.h), for whole blocks of rows.
#pragma once

#include "program/dsp_layout.h"
#include "program/program.h"

namespace qmn {

/// Whether all taps of a depthwise convolution lie in one vector, where its image is narrow: functions of their own.
bool is_narrow(const Program& program, const DepthwiseConv2dKernel& kernel);

ReorderedConstants mve_constants(const Program& program, const Conv2dKernel& kernel);  ///< of that kernel
ReorderedConstants mve_constants(const Program& program, const DepthwiseConv2dKernel& kernel);  ///< of that kernel
ReorderedConstants mve_constants(const Program& program, const FullyConnectedKernel& kernel);  ///< of that kernel

/// In the order of a form, dsp or mve.
template <class K>
ReorderedConstants reordered_constants(const Program& program, const K& kernel, KernelVariant form) {
  return form == KernelVariant::mve ? mve_constants(program, kernel) : dsp_constants(program, kernel);
}

}  // namespace qmn
