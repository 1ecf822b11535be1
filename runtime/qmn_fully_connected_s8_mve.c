/* SPDX-License-Identifier: Apache-2.0
 * qmn_fully_connected_s8_mve.c   Equals qmn_fully_connected_s8_ref and qmn_fully_connected_s8_channels_ref bit for bit; weights in the order of
 * qmn_tile_s8_mve.h.
 */
#include "qmn_kernels_mve.h"

#include "qmn_mve.h"
#include "qmn_tile_s8_mve.h"

QMN_INLINE void multiply(const qmn_fully_connected *layer, void (*multiply_row)(const qmn_tile_mve *), int is_per_channel, const int8_t *input,
                         int8_t *output, void *scratch) {
  const int32_t vectors = QMN_VECTORS(layer->in_count), rows = (layer->out_count + 3) & ~3;
  int8_t *const patch = scratch;
  int8_t *const spare = patch + vectors * QMN_VECTOR_BYTES; /* where the last rows are no whole block */
  qmn_tile_mve tile = {.patches = {patch, patch},
                       .biases = layer->bias.s32,
                       .weights_end = layer->weights + rows * vectors * QMN_VECTOR_BYTES,
                       .weights = layer->weights,
                       .vectors = vectors,
                       .output = rows == layer->out_count ? output : spare,
                       .clip_min = layer->epilogue.clip_min,
                       .clip_max = layer->epilogue.clip_max};
  if (is_per_channel) {
    tile.shifts = layer->epilogue.out_shifts;
  } else {
    tile.left_shift = -layer->epilogue.out_shift;
  }
  qmn_copy_bytes(input, patch, layer->in_count);
  multiply_row(&tile);
  if (tile.output == spare) qmn_copy_bytes(spare, output, layer->out_count);
}

void qmn_fully_connected_s8_mve(const qmn_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch) {
  multiply(layer, qmn_rows_s8_mve, 0, input, output, scratch);
}
void qmn_fully_connected_s8_channels_mve(const qmn_fully_connected *layer, const int8_t *input, int8_t *output, void *scratch) {
  multiply(layer, qmn_rows_s8_channels_mve, 1, input, output, scratch);
}
