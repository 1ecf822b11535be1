/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s16_dsp.c   Tiles whose output is int16. The body stands in qmn_tile_dsp.h.
 */
#include "qmn_tile_s16_dsp.h"

#include "qmn_tile_dsp.h"

#if QMN_HAS_DSP
QMN_TILE_FUNCTION(qmn_tile_s16_dsp, QMN_ONE_SHIFT, "16", "15", "strh", "2")
QMN_TILE_FUNCTION(qmn_tile_s16_channels_dsp, QMN_SHIFT_OF_EACH, "16", "15", "strh", "2")
#else
void qmn_tile_s16_dsp(const qmn_tile *tile) { qmn_tile_multiply(tile, 0, 2); }
void qmn_tile_s16_channels_dsp(const qmn_tile *tile) { qmn_tile_multiply(tile, 1, 2); }
#endif
