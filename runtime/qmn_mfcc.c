/* SPDX-License-Identifier: Apache-2.0
 * qmn_mfcc.c   NORMATIVE: one frame of samples -> MFCC; qmn_mfcc.h has the steps.
 */
#include "qmn_bits.h"
#include "qmn_fft.h"

/* floor(65536 log2(1 + i / 64) + 1/2) */
static const uint32_t log2_table[65] = {
    0,     1466,  2909,  4331,  5732,  7112,  8473,  9814,  11136, 12440, 13727, 14996, 16248, 17484, 18704, 19909, 21098,
    22272, 23433, 24579, 25711, 26830, 27936, 29029, 30109, 31178, 32234, 33279, 34312, 35334, 36346, 37346, 38336, 39316,
    40286, 41246, 42196, 43137, 44068, 44990, 45904, 46809, 47705, 48593, 49472, 50344, 51207, 52063, 52911, 53751, 54584,
    55410, 56229, 57040, 57845, 58643, 59434, 60219, 60997, 61769, 62534, 63294, 64047, 64794, 65536,
};

/* log2(value) in Q16, linear between the table's entries. Pre: value > 0. */
static int32_t log2_q16(uint64_t value) {
  const uint32_t high = (uint32_t)(value >> 32);
  const int32_t zeros = high ? qmn_leading_zeros(high) : 32 + qmn_leading_zeros((uint32_t)value);
  const uint32_t mantissa = (uint32_t)((value << zeros) >> 32); /* 2^31 ... 2^32 - 1 */
  const uint32_t *const entry = log2_table + ((mantissa >> 25) & 63u);
  const uint32_t between = (mantissa >> 9) & 0xffffu;
  return (63 - zeros) * 65536 + (int32_t)(entry[0] + (((entry[1] - entry[0]) * between) >> 16));
}

/* How far all samples can be shifted to the left within int16; 16 when all are zero. The highest one of x ^ 2x is where x's sign ends; its
 * lowest one stands in every value but 0. Two samples at once: of the upper, the lowest bit is not its own. */
static int32_t find_gain(const int16_t *samples, int32_t count) {
  uint32_t edges = 0;
  int32_t i = 0;
  for (; i + 8 <= count; i += 8, samples += 8) {
    const uint32_t a = qmn_load_pair(samples), b = qmn_load_pair(samples + 2), c = qmn_load_pair(samples + 4), d = qmn_load_pair(samples + 6);
    edges |= (a ^ (a << 1)) | (b ^ (b << 1)) | (c ^ (c << 1)) | (d ^ (d << 1));
  }
  for (; i < count; ++i, ++samples) edges |= (uint32_t)(uint16_t)*samples ^ ((uint32_t)(uint16_t)*samples << 1);
  if (!edges) return 16;
  edges = (edges | edges >> 16) & 0xfffeu;
  return edges ? qmn_leading_zeros(edges) - 16 : 15;
}

static inline int64_t dot(const int32_t *a, const int16_t *b, int32_t count) {
  int64_t sum = 0;
  for (; count >= 4; count -= 4, a += 4, b += 4) {
    sum += (int64_t)a[0] * b[0];
    sum += (int64_t)a[1] * b[1];
    sum += (int64_t)a[2] * b[2];
    sum += (int64_t)a[3] * b[3];
  }
  for (; count > 0; --count) sum += (int64_t)*a++ * *b++;
  return sum;
}

static int16_t saturate_s16(int64_t value) { return (int16_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value); }

/* log2 of the band energies in Q16. */
static void find_log_energies(const qmn_mfcc *mfcc, const uint32_t *magnitudes, int32_t gain, int32_t *logs) {
  const int32_t offset = mfcc->log2_offset + gain * 65536;
  const uint32_t *at = magnitudes;
  const uint16_t *share = mfcc->falling;
  uint64_t rising = 0; /* of the band whose center lies above the segment */
  for (int32_t segment = 0; segment <= mfcc->band_count; ++segment) {
    const uint32_t *const end = magnitudes + mfcc->segments[segment];
    uint64_t energy = rising; /* of the band whose center lies below */
    rising = 0;
    while (at < end) {
      const uint32_t magnitude = *at++, falling = *share++;
      energy += (uint64_t)magnitude * falling;
      rising += (uint64_t)magnitude * (32768u - falling);
    }
    if (segment > 0) logs[segment - 1] = energy ? log2_q16(energy) - offset : mfcc->floor_log2;
  }
}

void qmn_mfcc_frame(const qmn_mfcc *mfcc, const int16_t *samples, int32_t *workspace, int16_t *features) {
  const int32_t gain = find_gain(samples, mfcc->window_samples);
  int32_t *const logs = workspace; /* the transform is over by then */
  uint32_t *const magnitudes = (uint32_t *)workspace + mfcc->fft_length;
  if (gain == 16) {
    for (int32_t band = 0; band < mfcc->band_count; ++band) logs[band] = mfcc->floor_log2;
  } else {
    qmn_fft_magnitudes(mfcc, samples, gain, workspace, magnitudes);
    find_log_energies(mfcc, magnitudes, gain, logs);
  }
  const int16_t *dct = mfcc->dct;
  for (int32_t c = 0; c < mfcc->coefficient_count; ++c, dct += mfcc->band_count) {
    const int32_t shift = 16 + mfcc->dct_frac_bits - mfcc->feature_frac_bits[c];
    features[c] = saturate_s16((((int64_t)1 << shift >> 1) + dot(logs, dct, mfcc->band_count)) >> shift);
  }
}
