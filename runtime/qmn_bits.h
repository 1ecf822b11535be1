/* SPDX-License-Identifier: Apache-2.0
 * qmn_bits.h   Bit tricks that cores have an instruction for.
 */
#ifndef QMN_BITS_H
#define QMN_BITS_H

#include <stdint.h>

/* Two neighboring samples in one load: the first in the lower half, the second in the upper. */
static inline uint32_t qmn_load_pair(const int16_t *samples) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && defined(__ARM_FEATURE_UNALIGNED)
  uint32_t pair;
  __builtin_memcpy(&pair, samples, sizeof pair);
  return pair;
#else
  return (uint32_t)(uint16_t)samples[0] | (uint32_t)(uint16_t)samples[1] << 16;
#endif
}

/* Zeros above the highest one; 32 for 0. */
static inline int32_t qmn_leading_zeros(uint32_t value) {
#if defined(__GNUC__)
  return value ? __builtin_clz(value) : 32;
#else
  int32_t count = 32;
  for (; value; value >>= 1) --count;
  return count;
#endif
}

/* The lowest `count` bits of value in reverse order. Pre: 1 <= count <= 32, value < 2^count. */
static inline uint32_t qmn_reverse_bits(uint32_t value, int32_t count) {
#if defined(__arm__) && defined(__thumb2__) && defined(__GNUC__)
  uint32_t reversed;
  __asm__("rbit %0, %1" : "=r"(reversed) : "r"(value));
  return reversed >> (32 - count);
#else
  uint32_t reversed = 0;
  for (int32_t i = 0; i < count; ++i) reversed |= ((value >> i) & 1u) << (count - 1 - i);
  return reversed;
#endif
}

#endif /* QMN_BITS_H */
