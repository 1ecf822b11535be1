/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s16_dsp.h   The tiles of qmn_tile_s8_dsp.h with an output of int16: they saturate to its range, to 0 ... 32767 where is_relu.
 */
#ifndef QMN_TILE_S16_DSP_H
#define QMN_TILE_S16_DSP_H

#include "qmn_tile_s8_dsp.h"

void qmn_tile_s16_dsp(const qmn_tile *tile);
void qmn_tile_s16_channels_dsp(const qmn_tile *tile);

#endif /* QMN_TILE_S16_DSP_H */
