/* SPDX-License-Identifier: Apache-2.0
 * mve_check.h   The `mve` kernels against the `ref` kernels, on whatever core this is compiled for.
 */
#ifndef MVE_CHECK_H
#define MVE_CHECK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Odd shapes, all remainders, paddings, strides, in place where that is allowed. 0, or 10000 * (round + 1) + the numbers of the checks that failed. */
int qmn_mve_check(int rounds);

#ifdef __cplusplus
}
#endif

#endif /* MVE_CHECK_H */
