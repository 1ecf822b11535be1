/* SPDX-License-Identifier: Apache-2.0
 * What the stand-in's functions share: epilogue, and buffers that hold nothing between two calls.
 */
#ifndef STAND_IN_Q7_H
#define STAND_IN_Q7_H

#include "arm_nnfunctions.h"

static inline q7_t stand_in_finish(int32_t sum, int32_t out_shift) {
  const int32_t shifted = (sum + (1 << out_shift >> 1)) >> out_shift;
  return (q7_t)(shifted > 127 ? 127 : shifted < -128 ? -128 : shifted);
}

static inline void stand_in_spoil(void *buffer, int32_t bytes) {
  for (int32_t i = 0; i < bytes; ++i) ((uint8_t *)buffer)[i] = (uint8_t)(0xA5 + 7 * i);
}

#endif /* STAND_IN_Q7_H */
