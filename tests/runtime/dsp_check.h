/* SPDX-License-Identifier: Apache-2.0
 * dsp_check.h   The `dsp` kernels against the `ref` kernels, on whatever core this is compiled for.
 */
#ifndef DSP_CHECK_H
#define DSP_CHECK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Odd shapes, all remainders, paddings, strides, in place where that is allowed. 0, or 100000 * (round + 1) + the numbers of the checks that failed. */
int qmn_dsp_check(int rounds);

#ifdef __cplusplus
}
#endif

#endif /* DSP_CHECK_H */
