/* SPDX-License-Identifier: Apache-2.0
 * qmn_dsp.h   The two instructions of the Armv7E-M DSP extension that the `dsp` kernels live on, and the same in C for any other core:
 * tests run the kernels on the host as well.
 */
#ifndef QMN_DSP_H
#define QMN_DSP_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
#define QMN_HAS_DSP 1
#else
#define QMN_HAS_DSP 0
#endif

/* Bytes 0 and 2 of a word, sign-extended, as two halves. */
static inline uint32_t qmn_even_bytes(uint32_t word) {
#if QMN_HAS_DSP
  uint32_t halves;
  __asm__("sxtb16 %0, %1" : "=r"(halves) : "r"(word));
  return halves;
#else
  return (uint32_t)(uint16_t)(int8_t)(word & 0xffu) | (uint32_t)(uint16_t)(int8_t)(word >> 16 & 0xffu) << 16;
#endif
}

/* Bytes 1 and 3. */
static inline uint32_t qmn_odd_bytes(uint32_t word) {
#if QMN_HAS_DSP
  uint32_t halves;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
  return halves;
#else
  return qmn_even_bytes(word >> 8);
#endif
}

/* Both halves of sum, plus bytes 0 and 2 of a word, or 1 and 3. Pre: no half overflows. */
static inline uint32_t qmn_add_even_bytes(uint32_t sum, uint32_t word) {
#if QMN_HAS_DSP
  __asm__("sxtab16 %0, %0, %1" : "+r"(sum) : "r"(word));
  return sum;
#else
  const uint32_t bytes = qmn_even_bytes(word);
  return ((sum + bytes) & 0xffffu) | ((sum >> 16) + (bytes >> 16)) << 16;
#endif
}
static inline uint32_t qmn_add_odd_bytes(uint32_t sum, uint32_t word) {
#if QMN_HAS_DSP
  __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sum) : "r"(word));
  return sum;
#else
  return qmn_add_even_bytes(sum, word >> 8);
#endif
}

/* sum + a.low * b.low + a.high * b.high, modulo 2^32. */
static inline int32_t qmn_add_products(uint32_t a, uint32_t b, int32_t sum) {
#if QMN_HAS_DSP
  __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
#else
  return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)a * (int16_t)b) + (uint32_t)(((int32_t)a >> 16) * ((int32_t)b >> 16)));
#endif
}

/* sum + a.low * b.high, and sum + a.high * b.low. */
static inline int32_t qmn_add_product_bt(uint32_t a, uint32_t b, int32_t sum) {
#if QMN_HAS_DSP
  __asm__("smlabt %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
#else
  return sum + (int16_t)a * ((int32_t)b >> 16);
#endif
}
static inline int32_t qmn_add_product_tb(uint32_t a, uint32_t b, int32_t sum) { return qmn_add_product_bt(b, a, sum); }

/* To the range of int8 or int16, a constant number of bytes; relu: to its values from 0 on. */
static inline int32_t qmn_saturate(int32_t value, int32_t bytes) {
#if QMN_HAS_DSP
  if (bytes == 1) {
    __asm__("ssat %0, #8, %1" : "=r"(value) : "r"(value));
  } else {
    __asm__("ssat %0, #16, %1" : "=r"(value) : "r"(value));
  }
  return value;
#else
  const int32_t most = bytes == 1 ? 127 : 32767;
  return value < -most - 1 ? -most - 1 : value > most ? most : value;
#endif
}
static inline int32_t qmn_saturate_relu(int32_t value, int32_t bytes) {
#if QMN_HAS_DSP
  if (bytes == 1) {
    __asm__("usat %0, #7, %1" : "=r"(value) : "r"(value));
  } else {
    __asm__("usat %0, #15, %1" : "=r"(value) : "r"(value));
  }
  return value;
#else
  const int32_t most = bytes == 1 ? 127 : 32767;
  return value < 0 ? 0 : value > most ? most : value;
#endif
}

/* Four bytes, at any address, in one load where the core can. */
static inline uint32_t qmn_load_word(const void *bytes) {
  uint32_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  return word;
}

#endif /* QMN_DSP_H */
