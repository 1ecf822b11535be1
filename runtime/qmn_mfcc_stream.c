/* SPDX-License-Identifier: Apache-2.0
 * qmn_mfcc_stream.c   Samples as they come -> a frame for every hop; and features -> the network's input.
 */
#include "qmn_mfcc.h"

#include "qmn_bits.h"

void qmn_mfcc_stream_start(qmn_mfcc_stream *stream, const qmn_mfcc *mfcc, int16_t *samples) {
  stream->mfcc = mfcc;
  stream->samples = samples;
  stream->filled = 0;
  stream->skip = 0;
}

/* From the first on: `to` may lie in front of `from` and overlap it. */
static void copy_samples(const int16_t *from, int16_t *to, int32_t count) {
  for (; count >= 2; count -= 2, from += 2, to += 2) {
    const uint32_t pair = qmn_load_pair(from);
    to[0] = (int16_t)pair;
    to[1] = (int16_t)(pair >> 16);
  }
  if (count > 0) *to = *from;
}

int32_t qmn_mfcc_stream_push(qmn_mfcc_stream *stream, const int16_t *samples, int32_t count, int32_t *workspace, int16_t *features, int32_t *is_frame) {
  const int32_t window = stream->mfcc->window_samples, hop = stream->mfcc->hop_samples;
  int32_t taken = 0;
  *is_frame = 0;
  while (taken < count && stream->skip > 0) {
    ++taken;
    --stream->skip;
  }
  const int32_t missing = window - stream->filled, left = count - taken, more = left < missing ? left : missing;
  copy_samples(samples + taken, stream->samples + stream->filled, more);
  taken += more;
  stream->filled += more;
  if (stream->filled < window) return taken;
  qmn_mfcc_frame(stream->mfcc, stream->samples, workspace, features);
  *is_frame = 1;
  if (hop < window) {
    copy_samples(stream->samples + hop, stream->samples, window - hop);
    stream->filled = window - hop;
  } else {
    stream->filled = 0;
    stream->skip = hop - window;
  }
  return taken;
}

/* feature * 2^-shift, ties up, saturated to low ... high. */
static int32_t scaled(int32_t feature, int32_t shift, int32_t low, int32_t high) {
  const int32_t value = shift >= 0 ? (feature + (((int32_t)1 << shift) >> 1)) >> shift : feature * ((int32_t)1 << -shift);
  return value < low ? low : value > high ? high : value;
}

void qmn_mfcc_quantize_s8(const int16_t *features, const int8_t *shifts, int32_t count, int8_t *input) {
  for (int32_t i = 0; i < count; ++i) input[i] = (int8_t)scaled(features[i], shifts[i], INT8_MIN, INT8_MAX);
}

void qmn_mfcc_quantize_s16(const int16_t *features, const int8_t *shifts, int32_t count, int16_t *input) {
  for (int32_t i = 0; i < count; ++i) input[i] = (int16_t)scaled(features[i], shifts[i], INT16_MIN, INT16_MAX);
}
