/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s8_mve.h   The inner product of the `mve` kernels: one or two input vectors times all rows of a matrix.
 *
 *   output[p * output_stride + r] = clip((biases[r] + sum over c of patches[p][c] * weights[r][c]) >> shift of row r)
 *
 * Weights: [block of 4 rows][vector of 16 columns][4 rows][16], rows and columns filled up with zeros, so that what stands behind the last column
 * of a patch is of no account. Biases contain the rounding, 1 << shift >> 1; there are biases, shifts and room in the output for whole blocks.
 */
#ifndef QMN_TILE_S8_MVE_H
#define QMN_TILE_S8_MVE_H

#include <stdint.h>

/* The order is known to the assembly. */
typedef struct qmn_tile_mve {
  const int8_t *patches[2];
  const int32_t *biases;
  union {
    int32_t left_shift;    /* of all rows: minus the shift */
    const uint8_t *shifts; /* of each row */
  };
  int32_t output_stride;
  const int8_t *weights_end;
  const int8_t *weights;
  int32_t vectors; /* of a row */
  int8_t *output;
  int32_t clip_min, clip_max;
} qmn_tile_mve;

void qmn_tile_s8_mve(const qmn_tile_mve *tile);
void qmn_tile_s8_channels_mve(const qmn_tile_mve *tile);

/* The first patch alone. */
void qmn_rows_s8_mve(const qmn_tile_mve *tile);
void qmn_rows_s8_channels_mve(const qmn_tile_mve *tile);

#endif /* QMN_TILE_S8_MVE_H */
