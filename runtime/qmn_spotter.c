/* SPDX-License-Identifier: Apache-2.0
 * qmn_spotter.c   NORMATIVE; qmn_spotter.h defines what is heard.
 */
#include "qmn_spotter.h"

static int32_t values_per_input(const qmn_spotter_settings *settings) { return settings->frame_count * settings->mfcc->coefficient_count; }

void qmn_spotter_start(qmn_spotter *spotter) {
  const qmn_spotter_settings *const settings = spotter->settings;
  int8_t *const frames = spotter->frames;
  for (int32_t i = 0; i < values_per_input(settings) * settings->value_bytes; ++i) frames[i] = 0;
  for (int32_t i = 0; i < settings->smoothing_count * settings->class_count; ++i) spotter->history[i] = 0;
  for (int32_t i = 0; i < settings->class_count; ++i) spotter->sums[i] = 0;
  spotter->frame = 0;
  spotter->run_count = 0;
  spotter->rest_left = 0;
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

/* Scores of this run take the place of the oldest. */
static void smooth(qmn_spotter *spotter, const int8_t *scores) {
  const int32_t classes = spotter->settings->class_count;
  int8_t *const oldest = spotter->history + (int32_t)(spotter->run_count % (uint32_t)spotter->settings->smoothing_count) * classes;
  for (int32_t i = 0; i < classes; ++i) {
    spotter->sums[i] = (int16_t)(spotter->sums[i] + scores[i] - oldest[i]);
    oldest[i] = scores[i];
  }
  spotter->run_count += 1;
}

static void decide(qmn_spotter *spotter) {
  const qmn_spotter_settings *const settings = spotter->settings;
  const int32_t count = spotter->run_count < (uint32_t)settings->smoothing_count ? (int32_t)spotter->run_count : settings->smoothing_count;
  int32_t word = -1;
  for (int32_t i = 0; i < settings->class_count; ++i) {
    const int32_t threshold = settings->thresholds[i];
    if (threshold == 0 || spotter->sums[i] < threshold * count) continue;
    if (word < 0 || spotter->sums[i] > spotter->sums[word]) word = i;
  }
  if (word < 0) return;
  spotter->rest_left = settings->rest_frames;
  if (spotter->listener) spotter->listener(spotter->context, word, spotter->sums[word] / count, spotter->frame - 1);
}

static void end_frame(qmn_spotter *spotter) {
  const qmn_spotter_settings *const settings = spotter->settings;
  add_frame(spotter);
  const int is_resting = spotter->rest_left > 0;
  if (is_resting) spotter->rest_left -= 1;
  if (spotter->frame < (uint32_t)settings->frame_count || (spotter->frame - (uint32_t)settings->frame_count) % (uint32_t)settings->interval_frames != 0) return;
  qmn_spotter_copy_input(spotter, settings->net_input());
  settings->net_run();
  smooth(spotter, settings->net_scores());
  if (!is_resting) decide(spotter);
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
