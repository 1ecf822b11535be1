/* SPDX-License-Identifier: Apache-2.0
 * What the stand-in's functions share: the two ways of rounding, and scratch that holds nothing between two calls.
 */
#ifndef STAND_IN_S8_H
#define STAND_IN_S8_H

#include "arm_nnfunctions.h"

/* floor(value / 2^places + 1/2); places may be negative. */
static inline int64_t stand_in_round(int64_t value, int32_t places) {
  return places <= 0 ? value * ((int64_t)1 << -places) : (value + ((int64_t)1 << (places - 1))) >> places;
}

static inline int32_t stand_in_requantize(int32_t value, int32_t multiplier, int32_t shift) {
#ifdef CMSIS_NN_USE_SINGLE_ROUNDING
  return (int32_t)stand_in_round((int64_t)value * multiplier, 31 - shift);
#else
  const int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const int32_t product = (int32_t)stand_in_round((int64_t)value * ((int64_t)1 << left) * multiplier, 31);
  return product < 0 ? -(int32_t)stand_in_round(-(int64_t)product, right) : (int32_t)stand_in_round(product, right);
#endif
}

static inline int8_t stand_in_clip(int32_t value, int32_t offset, int32_t least, int32_t most) {
  value += offset;
  return (int8_t)(value < least ? least : value > most ? most : value);
}

/* Returns 0 where there is less than `bytes` of scratch. */
static inline int stand_in_spoil(const cmsis_nn_context *ctx, int32_t bytes) {
  if (bytes > 0 && (!ctx->buf || ctx->size < bytes)) return 0;
  for (int32_t i = 0; i < bytes; ++i) ((uint8_t *)ctx->buf)[i] = (uint8_t)(0xA5 + 7 * i);
  return 1;
}

#endif /* STAND_IN_S8_H */
