/* SPDX-License-Identifier: Apache-2.0
 * qmn_decision.h   From the scores of a network that runs again and again to words: scores smoothed, a threshold for each word, and a time of
 * rest behind a word.
 *
 * With s[w] the sum of the last n = min(runs so far, smoothing_count) scores of word w, a word is heard when s[w] >= thresholds[w] * n, its
 * threshold is not 0, and no word was heard in the last `rest_frames` frames; of several the one with the largest sum, of equal ones the first.
 */
#ifndef QMN_DECISION_H
#define QMN_DECISION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qmn_decision_settings {
  int32_t class_count;
  int32_t smoothing_count;   /* 1 ... 255 */
  int32_t rest_frames;       /* >= 0 */
  const uint8_t *thresholds; /* [class_count] Q0.7; 0: never heard */
} qmn_decision_settings;

/* The memory is the caller's. */
typedef struct qmn_decision {
  const qmn_decision_settings *settings;
  int8_t *history;    /* [smoothing_count][class_count] */
  int16_t *sums;      /* [class_count] of the last scores */
  uint32_t run_count; /* runs so far */
  int32_t rest_left;  /* frames until a word may be heard again */
} qmn_decision;

/* Forgets all scores. Pre: settings and the pointers to memory are set. */
void qmn_decision_start(qmn_decision *decision);

/* How many scores the sums are of: 1 ... smoothing_count. Pre: the network ran. */
int32_t qmn_decision_count(const qmn_decision *decision);

/* scores: [class_count] Q0.7 of a run. frames: since the run before, or since the start. Returns the word that is heard, or -1; *score is then
 * the mean of its smoothed scores, Q0.7. */
int32_t qmn_decision_step(qmn_decision *decision, int32_t frames, const int8_t *scores, int32_t *score);

#ifdef __cplusplus
}
#endif

#endif /* QMN_DECISION_H */
