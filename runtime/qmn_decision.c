/* SPDX-License-Identifier: Apache-2.0
 * qmn_decision.c   NORMATIVE; qmn_decision.h defines what is heard.
 */
#include "qmn_decision.h"

void qmn_decision_start(qmn_decision *decision) {
  const qmn_decision_settings *const settings = decision->settings;
  for (int32_t i = 0; i < settings->smoothing_count * settings->class_count; ++i) decision->history[i] = 0;
  for (int32_t i = 0; i < settings->class_count; ++i) decision->sums[i] = 0;
  decision->run_count = 0;
  decision->rest_left = 0;
}

int32_t qmn_decision_count(const qmn_decision *decision) {
  const int32_t most = decision->settings->smoothing_count;
  return decision->run_count < (uint32_t)most ? (int32_t)decision->run_count : most;
}

/* Scores of this run take the place of the oldest. */
static void smooth(qmn_decision *decision, const int8_t *scores) {
  const int32_t classes = decision->settings->class_count;
  int8_t *const oldest = decision->history + (int32_t)(decision->run_count % (uint32_t)decision->settings->smoothing_count) * classes;
  for (int32_t i = 0; i < classes; ++i) {
    decision->sums[i] = (int16_t)(decision->sums[i] + scores[i] - oldest[i]);
    oldest[i] = scores[i];
  }
  decision->run_count += 1;
}

int32_t qmn_decision_step(qmn_decision *decision, int32_t frames, const int8_t *scores, int32_t *score) {
  const qmn_decision_settings *const settings = decision->settings;
  const int is_resting = frames <= decision->rest_left;
  decision->rest_left = is_resting ? decision->rest_left - frames : 0;
  smooth(decision, scores);
  if (is_resting) return -1;
  const int32_t count = qmn_decision_count(decision);
  int32_t word = -1;
  for (int32_t i = 0; i < settings->class_count; ++i) {
    const int32_t threshold = settings->thresholds[i];
    if (threshold == 0 || decision->sums[i] < threshold * count) continue;
    if (word < 0 || decision->sums[i] > decision->sums[word]) word = i;
  }
  if (word < 0) return -1;
  decision->rest_left = settings->rest_frames;
  *score = decision->sums[word] / count;
  return word;
}
