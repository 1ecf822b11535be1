/* SPDX-License-Identifier: Apache-2.0
 * qmn_fill_ref.c   NORMATIVE: out[i] = value.
 */
#include "qmn_internal.h"

QMN_KERNEL void qmn_fill_s8_ref(const qmn_fill *layer, int8_t *output) {
  for (int32_t i = 0; i < layer->count; ++i) output[i] = (int8_t)layer->value;
}

QMN_KERNEL void qmn_fill_s16_ref(const qmn_fill *layer, int16_t *output) {
  for (int32_t i = 0; i < layer->count; ++i) output[i] = layer->value;
}
