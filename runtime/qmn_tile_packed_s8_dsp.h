/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_packed_s8_dsp.h   The inner product of qmn_tile_s8_dsp.h for accumulators below 2^23, with half of the extensions of weights.
 *
 * The weights a of an even row and b of the odd row behind it share a half: 256 b + (a + 128), which SMLAD takes as it stands. So with
 *   U = bias_a - 128 sum(x) + sum(x (a + 128))                       the low bytes, extended
 *   M = bias_a - 128 sum(x) + 256 bias_b + sum(x (256 b + a + 128))   the halves
 * the accumulator of row a is U, that of row b is (M - U) / 256: exact modulo 2^32, as M - U is a multiple of 256.
 *
 * Weights: [row pair][group of 4 columns][a0' b0 a2' b2 a1' b1 a3' b3], a' = a + 128 modulo 256; of columns and rows that are filled up a and b
 * are 0. Biases: bias_a, 256 bias_b, with the rounding in each bias; of channels with shifts of their own, those of odd rows are 8 larger.
 * Pre: |accumulator of odd rows| < 2^23, their shifts <= 23; columns that are filled up hold 0 in the vectors.
 */
#ifndef QMN_TILE_PACKED_S8_DSP_H
#define QMN_TILE_PACKED_S8_DSP_H

#include "qmn_tile_s8_dsp.h"

void qmn_tile_packed_s8_dsp(const qmn_tile *tile);
void qmn_tile_packed_s8_channels_dsp(const qmn_tile *tile);

#endif /* QMN_TILE_PACKED_S8_DSP_H */
