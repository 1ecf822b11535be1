/* SPDX-License-Identifier: Apache-2.0
 * qmn_mfcc.h   From PCM to MFCC in integers: the front end that ships to the device, and what the host computes with, byte for byte.
 *
 * No heap, no libc, no floating point; C11. All tables belong to one model's settings and are passed by pointer; frontend/fixed_mfcc.cpp makes
 * them from their formulas. The numbers follow TensorFlow's AudioSpectrogram and Mfcc ops (frontend/mfcc.h is the float reference).
 *
 * Steps for a frame of window_samples samples, with n = fft_length / 2:
 *   gain       s: the largest left shift that keeps all samples within int16 (block floating point); all zero: log energies are the floor
 *   window     z = ((x * 2^s) * window) >> (30 - input_bits), padded with zeros; even samples real, odd ones imaginary: n complex values
 *   transform  n points, decimation in time: radix 4, then one radix 2 when log2(n) is odd. Each stage but the first halves.
 *   magnitude  of the bins first_bin ... end_bin - 1 of the real transform, halved again; square root by table, 16 bits
 *   filters    band energy = sum of magnitude * weight, weights in Q15, in 64 bits
 *   log2       by table, Q16, minus the scale of all the steps; an energy of 0 has floor_log2
 *   DCT        sum of log2 * dct in 64 bits, rounded ties up and saturated to int16 with feature_frac_bits
 */
#ifndef QMN_MFCC_H
#define QMN_MFCC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qmn_mfcc {
  int32_t window_samples;    /* 5 <= window_samples <= fft_length */
  int32_t hop_samples;
  int32_t fft_length;        /* a power of two, 8 ... 8192 */
  int32_t fft_log2;          /* log2(fft_length) */
  int32_t input_bits;        /* of a windowed sample: as many as no stage can make overflow */
  int32_t first_bin, end_bin; /* 1 <= first_bin <= end_bin <= fft_length / 2 + 1 */
  int32_t band_count;        /* at most fft_length */
  int32_t coefficient_count;
  int32_t log2_offset;       /* Q16: log2 of (energy as an integer / energy of samples in [-1, 1)) of a frame with gain 0 */
  int32_t floor_log2;        /* Q16: log2(1e-12) */
  int32_t dct_frac_bits;
  const int16_t *window;     /* [window_samples, made even by a 0] Q15, 32767 stands for 1 */
  const int32_t *twiddles;   /* Q15, cos(2 pi x) in the low half, sin(2 pi x) in the high half, 32767 for 1; in order of use: for each stage of radix 4
                              * (length L = 4, 16, ...) and k < L: x = k / 4L, 2k / 4L, 3k / 4L; radix 2: x = k / n; bins: x = bin / fft_length */
  const uint16_t *falling;   /* [end_bin - first_bin] Q15: the share of a bin that goes to the band below; the rest goes to the one above */
  const int16_t *segments;   /* [band_count + 1]: bins before segments[b] and behind the one before it lie between the centers of bands b-1 and b */
  const int16_t *dct;        /* [coefficient_count][band_count], ln(2) sqrt(2 / bands) cos(c pi / bands (b + 1/2)) 2^dct_frac_bits */
  const int8_t *feature_frac_bits; /* [coefficient_count]: of each int16 feature before the model's own scaling */
} qmn_mfcc;

/* 4-byte aligned; it may lie where the network's arena lies: it holds nothing between two frames. */
#define QMN_MFCC_WORKSPACE_BYTES(fft_length, first_bin, end_bin) (4 * ((fft_length) + (end_bin) - (first_bin)))

/* One frame: window_samples samples → coefficient_count features. */
void qmn_mfcc_frame(const qmn_mfcc *mfcc, const int16_t *samples, int32_t *workspace, int16_t *features);

/* A continuous stream: a frame for every hop, once the first window is full. */
typedef struct qmn_mfcc_stream {
  const qmn_mfcc *mfcc;
  int16_t *samples;  /* [window_samples]: the last ones */
  int32_t filled;
  int32_t skip;      /* samples between two windows that do not overlap, still to be dropped */
} qmn_mfcc_stream;

void qmn_mfcc_stream_start(qmn_mfcc_stream *stream, const qmn_mfcc *mfcc, int16_t *samples);

/* Takes samples until a frame is complete or all are taken. Returns how many were taken; *is_frame tells whether `features` hold a new frame. */
int32_t qmn_mfcc_stream_push(qmn_mfcc_stream *stream, const int16_t *samples, int32_t count, int32_t *workspace, int16_t *features, int32_t *is_frame);

/* The network's input of a frame: int16 features shifted right by shifts[c], ties up, saturated to int8. shifts[c] is in -15 ... 24. */
void qmn_mfcc_quantize_s8(const int16_t *features, const int8_t *shifts, int32_t count, int8_t *input);
/* The same, saturated to int16. */
void qmn_mfcc_quantize_s16(const int16_t *features, const int8_t *shifts, int32_t count, int16_t *input);

#ifdef __cplusplus
}
#endif

#endif /* QMN_MFCC_H */
