/* SPDX-License-Identifier: Apache-2.0
 * qmn_mfcc_stream.c   Samples as they come -> a frame for every hop; and features -> the network's input.
 */
#include "qmn_mfcc.h"

void qmn_mfcc_stream_start(qmn_mfcc_stream *stream, const qmn_mfcc *mfcc, int16_t *samples) {
  stream->mfcc = mfcc;
  stream->samples = samples;
  stream->filled = 0;
  stream->skip = 0;
}

int32_t qmn_mfcc_stream_push(qmn_mfcc_stream *stream, const int16_t *samples, int32_t count, int32_t *workspace, int16_t *features, int32_t *is_frame) {
  const int32_t window = stream->mfcc->window_samples, hop = stream->mfcc->hop_samples;
  int32_t taken = 0;
  *is_frame = 0;
  while (taken < count && stream->skip > 0) {
    ++taken;
    --stream->skip;
  }
  while (taken < count && stream->filled < window) stream->samples[stream->filled++] = samples[taken++];
  if (stream->filled < window) return taken;
  qmn_mfcc_frame(stream->mfcc, stream->samples, workspace, features);
  *is_frame = 1;
  if (hop < window) {
    for (int32_t i = 0; i < window - hop; ++i) stream->samples[i] = stream->samples[i + hop];
    stream->filled = window - hop;
  } else {
    stream->filled = 0;
    stream->skip = hop - window;
  }
  return taken;
}

void qmn_mfcc_quantize_s8(const int16_t *features, const int8_t *shifts, int32_t count, int8_t *input) {
  for (int32_t i = 0; i < count; ++i) {
    const int32_t shift = shifts[i];
    const int32_t value = shift >= 0 ? (features[i] + (((int32_t)1 << shift) >> 1)) >> shift : features[i] * ((int32_t)1 << -shift);
    input[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
  }
}
