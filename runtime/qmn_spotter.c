/* SPDX-License-Identifier: Apache-2.0
 * qmn_spotter.c   NORMATIVE; qmn_spotter.h defines what is heard.
 */
#include "qmn_spotter.h"

static int32_t values_per_input(const qmn_spotter_settings *settings) { return settings->frame_count * settings->mfcc->coefficient_count; }

void qmn_spotter_start(qmn_spotter *spotter) {
  const qmn_spotter_settings *const settings = spotter->settings;
  int8_t *const frames = spotter->frames;
  for (int32_t i = 0; i < values_per_input(settings) * settings->value_bytes; ++i) frames[i] = 0;
  spotter->frame = 0;
  spotter->decision.settings = &settings->decision;
  qmn_decision_start(&spotter->decision);
  qmn_mfcc_stream_start(&spotter->stream, settings->mfcc, spotter->samples);
}

/* The place of the next frame is that of the oldest. */
static int32_t next_place(const qmn_spotter *spotter) {
  return (int32_t)(spotter->frame % (uint32_t)spotter->settings->frame_count) * spotter->settings->mfcc->coefficient_count;
}

static void add_frame(qmn_spotter *spotter) {
  const qmn_spotter_settings *const settings = spotter->settings;
  const int32_t place = next_place(spotter), count = settings->mfcc->coefficient_count;
  if (settings->value_bytes == 1) {
    qmn_mfcc_quantize_s8(spotter->features, settings->input_shifts, count, (int8_t *)spotter->frames + place);
  } else {
    qmn_mfcc_quantize_s16(spotter->features, settings->input_shifts, count, (int16_t *)spotter->frames + place);
  }
  spotter->frame += 1;
}

void qmn_spotter_copy_input(const qmn_spotter *spotter, void *input) {
  const int32_t bytes = spotter->settings->value_bytes, first = next_place(spotter) * bytes, end = values_per_input(spotter->settings) * bytes;
  const int8_t *const frames = spotter->frames;
  int8_t *to = input;
  for (int32_t i = first; i < end; ++i) *to++ = frames[i];
  for (int32_t i = 0; i < first; ++i) *to++ = frames[i];
}

static void end_frame(qmn_spotter *spotter) {
  const qmn_spotter_settings *const settings = spotter->settings;
  add_frame(spotter);
  if (spotter->frame < (uint32_t)settings->frame_count || (spotter->frame - (uint32_t)settings->frame_count) % (uint32_t)settings->interval_frames != 0) return;
  qmn_spotter_copy_input(spotter, settings->net_input());
  settings->net_run();
  int32_t score = 0;
  const int32_t word = qmn_decision_step(&spotter->decision, settings->interval_frames, settings->net_scores(), &score);
  if (word >= 0 && spotter->listener) spotter->listener(spotter->context, word, score, spotter->frame - 1);
}

void qmn_spotter_push(qmn_spotter *spotter, const int16_t *samples, int32_t count) {
  while (count > 0) {
    int32_t is_frame = 0;
    const int32_t taken = qmn_mfcc_stream_push(&spotter->stream, samples, count, spotter->workspace, spotter->features, &is_frame);
    if (is_frame) end_frame(spotter);
    samples += taken;
    count -= taken;
  }
}
