/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s8_dsp.c   Tiles whose output is int8. The body stands in qmn_tile_dsp.h.
 */
#include "qmn_tile_s8_dsp.h"

#include "qmn_tile_dsp.h"

#if QMN_HAS_DSP
QMN_TILE_FUNCTION(qmn_tile_s8_dsp, QMN_ONE_SHIFT, "8", "7", "strb", "1")
QMN_TILE_FUNCTION(qmn_tile_s8_channels_dsp, QMN_SHIFT_OF_EACH, "8", "7", "strb", "1")
#else
void qmn_tile_s8_dsp(const qmn_tile *tile) { qmn_tile_multiply(tile, 0, 1); }
void qmn_tile_s8_channels_dsp(const qmn_tile *tile) { qmn_tile_multiply(tile, 1, 1); }
#endif
