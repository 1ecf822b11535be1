/* SPDX-License-Identifier: Apache-2.0
 * qmn_fft.c   NORMATIVE: the real transform of a windowed frame in 32-bit integers (qmn_mfcc.h: window, transform, magnitude).
 *
 * Decimation in time on bit-reversed data, radix 4 as two merged radix-2 stages: the sub-transforms of length L at 0, L, 2L, 3L are those of
 * the residues 0, 2, 1, 3 modulo 4. With t_r = W^(rk) F_r / 2 and W = e^(-2 pi i / 4L):
 *   X[k] = t0+t2 + t1+t3    X[k+L] = t0-t2 - i(t1-t3)    X[k+2L] = t0+t2 - (t1+t3)    X[k+3L] = t0-t2 + i(t1-t3)
 * The first stage has no weights and does not halve.
 * Products are floor(value * weight / 2^16) with a weight in Q15: half of the product. No sum overflows: input_bits is chosen so.
 */
#include "qmn_fft.h"

#include "qmn_bits.h"

/* Halves of products with the cosine (low half) and the sine (high half) of a twiddle: one instruction where the core has SMULW and SMLAW. */
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
#define QMN_FFT_DSP 1
static inline int32_t half_product_cos(int32_t value, int32_t weights) {
  int32_t product;
  __asm__("smulwb %0, %1, %2" : "=r"(product) : "r"(value), "r"(weights));
  return product;
}
static inline int32_t half_product_sin(int32_t value, int32_t weights) {
  int32_t product;
  __asm__("smulwt %0, %1, %2" : "=r"(product) : "r"(value), "r"(weights));
  return product;
}
static inline int32_t add_half_product_sin(int32_t sum, int32_t value, int32_t weights) {
  int32_t result;
  __asm__("smlawt %0, %1, %2, %3" : "=r"(result) : "r"(value), "r"(weights), "r"(sum));
  return result;
}
#else
#define QMN_FFT_DSP 0
static inline int32_t half_product_cos(int32_t value, int32_t weights) { return (int32_t)(((int64_t)value * (int16_t)weights) >> 16); }
static inline int32_t half_product_sin(int32_t value, int32_t weights) { return (int32_t)(((int64_t)value * (weights >> 16)) >> 16); }
static inline int32_t add_half_product_sin(int32_t sum, int32_t value, int32_t weights) { return sum + half_product_sin(value, weights); }
#endif

typedef struct complex32 {
  int32_t re, im;
} complex32;

/* value * (cos - i sin) / 2 */
static inline complex32 turn(complex32 value, int32_t weights) {
  const complex32 turned = {add_half_product_sin(half_product_cos(value.re, weights), value.im, weights),
                            half_product_cos(value.im, weights) - half_product_sin(value.re, weights)};
  return turned;
}

/* Two neighboring samples, windowed: as one complex value. */
static inline complex32 windowed(const int16_t *samples, const int16_t *window, int32_t gain, int32_t shift) {
  const uint32_t pair = qmn_load_pair(samples), weights = qmn_load_pair(window);
  const int32_t re = (int16_t)pair * (int16_t)weights, im = ((int32_t)pair >> 16) * ((int32_t)weights >> 16);
  const complex32 value = {re * ((int32_t)1 << gain) >> shift, im * ((int32_t)1 << gain) >> shift};
  return value;
}

/* Four values of sub-transforms of length 1 to one of length 4. */
static inline __attribute__((always_inline)) void join(complex32 t0, complex32 t1, complex32 t2, complex32 t3, complex32 *to) {
  const complex32 s02 = {t0.re + t2.re, t0.im + t2.im}, d02 = {t0.re - t2.re, t0.im - t2.im};
  const complex32 s13 = {t1.re + t3.re, t1.im + t3.im}, d13 = {t1.re - t3.re, t1.im - t3.im};
  to[0].re = s02.re + s13.re;
  to[0].im = s02.im + s13.im;
  to[1].re = d02.re + d13.im;
  to[1].im = d02.im - d13.re;
  to[2].re = s02.re - s13.re;
  to[2].im = s02.im - s13.im;
  to[3].re = d02.re - d13.im;
  to[3].im = d02.im + d13.re;
}

/* The first stage, of sub-transforms of length 1, for the pairs i = begin ... end - 1 of each quarter of the padded window. Only the first
 * `legs` quarters, a constant where this is called, have a sample there. The order of the results is bit-reversed. */
static inline __attribute__((always_inline)) void first_stage(const qmn_mfcc *mfcc, const int16_t *samples, int32_t gain, complex32 *data, int32_t begin, int32_t end,
                                                              int32_t legs) {
  const int32_t quarter = mfcc->fft_length >> 2; /* in samples */
  const int32_t bits = mfcc->fft_log2 - 3, shift = 30 - mfcc->input_bits;
  const complex32 zero = {0, 0};
  const int16_t *window = mfcc->window + 2 * begin;
  samples += 2 * begin;
  for (int32_t i = begin; i < end; ++i, samples += 2, window += 2) {
    complex32 *const to = data + 4 * qmn_reverse_bits((uint32_t)i, bits);
    const complex32 t0 = windowed(samples, window, gain, shift);
    const complex32 t1 = windowed(samples + quarter, window + quarter, gain, shift);
    const complex32 t2 = legs > 2 ? windowed(samples + 2 * quarter, window + 2 * quarter, gain, shift) : zero;
    const complex32 t3 = legs > 3 ? windowed(samples + 3 * quarter, window + 3 * quarter, gain, shift) : zero;
    join(t0, t1, t2, t3, to);
  }
}

/* The same of pair i, whose last sample in quarter legs - 1 is the last of a window of odd length: what lies behind it is not read. */
static void first_stage_of_last(const qmn_mfcc *mfcc, const int16_t *samples, int32_t gain, complex32 *data, int32_t i, int32_t legs) {
  const int32_t quarter = mfcc->fft_length >> 2;
  const int16_t last[2] = {samples[mfcc->window_samples - 1], 0};
  complex32 values[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  for (int32_t leg = 0; leg < legs; ++leg) {
    const int32_t at = 2 * i + leg * quarter;
    values[leg] = windowed(leg == legs - 1 ? last : samples + at, mfcc->window + at, gain, 30 - mfcc->input_bits);
  }
  join(values[0], values[1], values[2], values[3], data + 4 * qmn_reverse_bits((uint32_t)i, mfcc->fft_log2 - 3));
}

/* More than half of the padded window are samples: two quarters at least. */
static void transform_window(const qmn_mfcc *mfcc, const int16_t *samples, int32_t gain, complex32 *data) {
  const int32_t quarter = mfcc->fft_length >> 3, pairs = (mfcc->window_samples + 1) >> 1, odd = mfcc->window_samples & 1;
  const int32_t legs = pairs > 3 * quarter ? 4 : 3, end = pairs - (legs - 1) * quarter;
  if (legs == 4) {
    first_stage(mfcc, samples, gain, data, 0, end - odd, 4);
    first_stage(mfcc, samples, gain, data, end, quarter, 3);
  } else {
    first_stage(mfcc, samples, gain, data, 0, end - odd, 3);
    first_stage(mfcc, samples, gain, data, end, quarter, 2);
  }
  if (odd) first_stage_of_last(mfcc, samples, gain, data, end - 1, legs);
}

/* Four sub-transforms of `length` to one. weights: W^k, W^2k, W^3k of k = 0, 1, ... */
#if QMN_FFT_DSP
/* The C below, in the registers that there are: compilers keep only half of its values there. r0 ... r3 walk over the four sub-transforms. */
__attribute__((naked, used)) static void radix4(complex32 *data __attribute__((unused)), int32_t length_bytes __attribute__((unused)),
                                          const int32_t *weights __attribute__((unused))) {
  __asm__(
      "push {r4-r11, lr}\n"
      "mov lr, r2\n"
      "mov r12, r1\n"
      "add r1, r0, r12\n"
      "add r2, r1, r12\n"
      "add r3, r2, r12\n"
      "mov r12, r1\n"
      "1:\n"
      "ldrd r4, r5, [r2]\n" /* t1 = r7, r5 */
      "ldr r6, [lr], #4\n"
      "smulwb r7, r4, r6\n"
      "smulwt r4, r4, r6\n"
      "smlawt r7, r5, r6, r7\n"
      "smulwb r5, r5, r6\n"
      "sub r5, r5, r4\n"
      "ldrd r4, r8, [r3]\n" /* t3 = r9, r8 */
      "ldr r6, [lr, #4]\n"
      "smulwb r9, r4, r6\n"
      "smulwt r4, r4, r6\n"
      "smlawt r9, r8, r6, r9\n"
      "smulwb r8, r8, r6\n"
      "sub r8, r8, r4\n"
      "add r7, r7, r9\n" /* s13 = r7, r5; d13 = r9, r8 */
      "sub r9, r7, r9, lsl #1\n"
      "add r5, r5, r8\n"
      "sub r8, r5, r8, lsl #1\n"
      "ldrd r4, r10, [r1]\n" /* t2 = r11, r10 */
      "ldr r6, [lr], #8\n"
      "smulwb r11, r4, r6\n"
      "smulwt r4, r4, r6\n"
      "smlawt r11, r10, r6, r11\n"
      "smulwb r10, r10, r6\n"
      "sub r10, r10, r4\n"
      "ldrd r4, r6, [r0]\n" /* s02 = r4, r6; d02 = r11, r10 */
      "add r4, r11, r4, asr #1\n"
      "sub r11, r4, r11, lsl #1\n"
      "add r6, r10, r6, asr #1\n"
      "sub r10, r6, r10, lsl #1\n"
      "add r4, r4, r7\n"
      "sub r7, r4, r7, lsl #1\n"
      "add r6, r6, r5\n"
      "sub r5, r6, r5, lsl #1\n"
      "strd r4, r6, [r0], #8\n"
      "strd r7, r5, [r2], #8\n"
      "add r11, r11, r8\n"
      "sub r8, r11, r8, lsl #1\n"
      "sub r10, r10, r9\n"
      "add r9, r10, r9, lsl #1\n"
      "strd r11, r10, [r1], #8\n"
      "strd r8, r9, [r3], #8\n"
      "cmp r0, r12\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}
#else
static void radix4(complex32 *data, int32_t length_bytes, const int32_t *weights) {
  const int32_t length = length_bytes / (int32_t)sizeof *data;
  for (int32_t k = 0; k < length; ++k, ++data, weights += 3) {
    const complex32 t1 = turn(data[2 * length], weights[0]), t2 = turn(data[length], weights[1]), t3 = turn(data[3 * length], weights[2]);
    const complex32 s13 = {t1.re + t3.re, t1.im + t3.im}, d13 = {t1.re - t3.re, t1.im - t3.im};
    const complex32 t0 = {data[0].re >> 1, data[0].im >> 1};
    const complex32 s02 = {t0.re + t2.re, t0.im + t2.im}, d02 = {t0.re - t2.re, t0.im - t2.im};
    data[0].re = s02.re + s13.re;
    data[0].im = s02.im + s13.im;
    data[length].re = d02.re + d13.im;
    data[length].im = d02.im - d13.re;
    data[2 * length].re = s02.re - s13.re;
    data[2 * length].im = s02.im - s13.im;
    data[3 * length].re = d02.re - d13.im;
    data[3 * length].im = d02.im + d13.re;
  }
}
#endif

/* Two sub-transforms of `length` to one. weights: W^k of k = 0, 1, ... */
#if QMN_FFT_DSP
__attribute__((naked, used)) static void radix2(complex32 *data __attribute__((unused)), int32_t length_bytes __attribute__((unused)),
                                          const int32_t *weights __attribute__((unused))) {
  __asm__(
      "push {r4-r9, lr}\n"
      "add r1, r0, r1\n"
      "mov r3, r1\n"
      "1:\n"
      "ldrd r4, r5, [r1]\n"
      "ldr r6, [r2], #4\n"
      "smulwb r7, r4, r6\n"
      "smulwt r4, r4, r6\n"
      "smlawt r7, r5, r6, r7\n"
      "smulwb r5, r5, r6\n"
      "sub r5, r5, r4\n"
      "ldrd r8, r9, [r0]\n"
      "add r8, r7, r8, asr #1\n"
      "add r9, r5, r9, asr #1\n"
      "sub r7, r8, r7, lsl #1\n"
      "sub r5, r9, r5, lsl #1\n"
      "strd r8, r9, [r0], #8\n"
      "strd r7, r5, [r1], #8\n"
      "cmp r0, r3\n"
      "bne 1b\n"
      "pop {r4-r9, pc}\n");
}
#else
static void radix2(complex32 *data, int32_t length_bytes, const int32_t *weights) {
  complex32 *high = data + length_bytes / (int32_t)sizeof *data;
  for (const complex32 *const stop = high; data < stop; ++data, ++high) {
    const complex32 a = {data->re >> 1, data->im >> 1}, b = turn(*high, *weights++);
    data->re = a.re + b.re;
    data->im = a.im + b.im;
    high->re = a.re - b.re;
    high->im = a.im - b.im;
  }
}
#endif

/* With r(i) = floor(sqrt(i * 2^24) + 1/2), i = 16 ... 128: r(i) in the upper half, r(i + 1) - r(i) in the lower. Only 0 falls below i = 16. */
static const uint32_t sqrt_table[129] = {
    0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u,
    0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x400001f8u, 0x41f801eau, 0x43e201dcu, 0x45be01d0u,
    0x478e01c4u, 0x495201bau, 0x4b0c01b0u, 0x4cbc01a6u, 0x4e62019eu, 0x50000196u, 0x5196018du, 0x53230187u, 0x54aa0180u, 0x562a0179u,
    0x57a30173u, 0x5916016cu, 0x5a820168u, 0x5bea0162u, 0x5d4c015cu, 0x5ea80158u, 0x60000153u, 0x6153014eu, 0x62a1014bu, 0x63ec0145u,
    0x65310142u, 0x6673013eu, 0x67b1013au, 0x68eb0137u, 0x6a220133u, 0x6b55012fu, 0x6c84012du, 0x6db10129u, 0x6eda0126u, 0x70000123u,
    0x71230120u, 0x7243011eu, 0x7361011au, 0x747b0118u, 0x75930116u, 0x76a90113u, 0x77bc0110u, 0x78cc010eu, 0x79da010cu, 0x7ae60109u,
    0x7bef0108u, 0x7cf70105u, 0x7dfc0103u, 0x7eff0101u, 0x800000ffu, 0x80ff00fdu, 0x81fc00fbu, 0x82f700f9u, 0x83f000f8u, 0x84e800f6u,
    0x85de00f4u, 0x86d200f2u, 0x87c400f0u, 0x88b400efu, 0x89a300edu, 0x8a9000ecu, 0x8b7c00eau, 0x8c6600e9u, 0x8d4f00e7u, 0x8e3600e6u,
    0x8f1c00e4u, 0x900000e3u, 0x90e300e1u, 0x91c400e0u, 0x92a400dfu, 0x938300deu, 0x946100dcu, 0x953d00dbu, 0x961800dau, 0x96f200d8u,
    0x97ca00d7u, 0x98a100d6u, 0x997700d5u, 0x9a4c00d4u, 0x9b2000d3u, 0x9bf300d1u, 0x9cc400d1u, 0x9d9500cfu, 0x9e6400cfu, 0x9f3300cdu,
    0xa00000ccu, 0xa0cc00ccu, 0xa19800cau, 0xa26200c9u, 0xa32b00c9u, 0xa3f400c7u, 0xa4bb00c6u, 0xa58100c6u, 0xa64700c4u, 0xa70b00c4u,
    0xa7cf00c3u, 0xa89200c2u, 0xa95400c1u, 0xaa1500c0u, 0xaad500c0u, 0xab9500beu, 0xac5300beu, 0xad1100bdu, 0xadce00bcu, 0xae8a00bbu,
    0xaf4500bbu, 0xb00000bau, 0xb0ba00b9u, 0xb17300b8u, 0xb22b00b8u, 0xb2e300b6u, 0xb39900b7u, 0xb45000b5u, 0xb50500b5u,
};

/* sqrt(re^2 + im^2), to about 13 bits: both are shifted so that the larger has its top bit at 30; the upper halves are squared. An entry's
 * lower half is too small to be masked off. */
static inline uint32_t magnitude_of(int32_t re, int32_t im) {
  const int32_t shift = qmn_leading_zeros((uint32_t)((re ^ (re >> 31)) | (im ^ (im >> 31)))) - 1;
  const int32_t top_re = (int32_t)((uint32_t)re << shift) >> 16, top_im = (int32_t)((uint32_t)im << shift) >> 16;
  const uint32_t square = (uint32_t)(top_re * top_re) + (uint32_t)(top_im * top_im); /* 0, or 2^28 ... 2^31 */
  const uint32_t entry = sqrt_table[square >> 24];
  const int16_t slope = (int16_t)entry, between = (int16_t)((square >> 9) & 0x7fffu);
  return (entry + ((uint32_t)(slope * between) << 1)) >> shift;
}

/* Bin k of the real transform is ((z + m*) - i W^k (z - m*)) / 2, with z = Z[k], m = Z[n - k]; it is ((z + m*) / 2 + half of the turned rest). */
static inline uint32_t magnitude_of_bin(complex32 z, complex32 m, int32_t weights) {
  const complex32 odd = {z.im + m.im, m.re - z.re};
  const complex32 turned = turn(odd, weights);
  return magnitude_of(((z.re + m.re) >> 1) + turned.re, ((z.im - m.im) >> 1) + turned.im);
}

static void find_magnitudes(const qmn_mfcc *mfcc, const int32_t *twiddles, const complex32 *data, int32_t n, uint32_t *magnitudes) {
  const int32_t end = mfcc->end_bin < n ? mfcc->end_bin : n;
  const complex32 *mirrored = data + n - mfcc->first_bin;
  for (int32_t bin = mfcc->first_bin; bin < end; ++bin) *magnitudes++ = magnitude_of_bin(data[bin], *mirrored--, *twiddles++);
  if (mfcc->end_bin > n) *magnitudes = magnitude_of_bin(data[0], data[0], *twiddles); /* Z has the period n */
}

void qmn_fft_magnitudes(const qmn_mfcc *mfcc, const int16_t *samples, int32_t gain, int32_t *workspace, uint32_t *magnitudes) {
  complex32 *const data = (complex32 *)(void *)workspace;
  const int32_t n = mfcc->fft_length >> 1;
  const int32_t *twiddles = mfcc->twiddles;
  int32_t length = 4;
  transform_window(mfcc, samples, gain, data);
  for (; 4 * length <= n; length *= 4) {
    for (int32_t i = 0; i < n; i += 4 * length) radix4(data + i, length * (int32_t)sizeof *data, twiddles);
    twiddles += 3 * length;
  }
  if (length < n) {
    radix2(data, length * (int32_t)sizeof *data, twiddles);
    twiddles += length;
  }
  find_magnitudes(mfcc, twiddles, data, n, magnitudes);
}
