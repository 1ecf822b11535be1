/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s8_dsp.h   The inner product of the `dsp` kernels: three input vectors times all rows of a matrix.
 *
 *   output[p * output_stride + r] = saturate((bias[r] + sum over c of patch[p][c] * weights[r][c]) >> shift of row r)
 *
 * Weights are reordered at export: [row pair][group of 4 columns][row of the pair][4], rows and columns filled up with zeros.
 * Biases stand at accumulator scale and contain the rounding, 1 << shift >> 1. Vectors are widened to int16 once for all rows, two in a word:
 * [group][3][2], the bytes 0 and 2 of a group, then 1 and 3, which is how SXTB16 takes them apart.
 */
#ifndef QMN_TILE_S8_DSP_H
#define QMN_TILE_S8_DSP_H

#include <stdint.h>

#define QMN_TILE_VECTORS 3

typedef struct qmn_tile {
  const uint32_t *patches;
  const uint32_t *patches_end;
  const int8_t *weights;
  const int32_t *biases;
  int32_t pairs;          /* of rows */
  int8_t *output;
  int32_t output_stride;   /* in bytes */
  int32_t is_relu;         /* saturates to 0 ... 127 instead of -128 ... 127 */
  union {
    int32_t shift;         /* of all rows */
    const uint8_t *shifts; /* of each row: qmn_tile_s8_channels_dsp */
  };
} qmn_tile;

void qmn_tile_s8_dsp(const qmn_tile *tile);
void qmn_tile_s8_channels_dsp(const qmn_tile *tile);

#endif /* QMN_TILE_S8_DSP_H */
