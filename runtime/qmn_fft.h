/* SPDX-License-Identifier: Apache-2.0
 * qmn_fft.h   The transform of the front end; qmn_mfcc.h defines its numbers. Between qmn_fft.c and qmn_mfcc.c.
 */
#ifndef QMN_FFT_H
#define QMN_FFT_H

#include "qmn_mfcc.h"

/* Windows the samples, shifted left by `gain`, and finds the magnitudes of the bins first_bin ... end_bin - 1 of their real transform.
 * workspace: fft_length values; magnitudes: end_bin - first_bin, apart from the workspace. */
void qmn_fft_magnitudes(const qmn_mfcc *mfcc, const int16_t *samples, int32_t gain, int32_t *workspace, uint32_t *magnitudes);

#endif /* QMN_FFT_H */
