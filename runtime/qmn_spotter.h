/* SPDX-License-Identifier: Apache-2.0
 * qmn_spotter.h   From samples as they come to words: features of a window for every hop, the network over the last frames at a chosen interval,
 * and what its scores decide (qmn_decision.h). The same C on the device and on the host.
 *
 * Frame k is the window that begins at sample k * hop. The network runs behind frame `frame_count` - 1, then every `interval_frames`.
 * No heap, no libc, no floating point. Not reentrant: the network works in static memory.
 */
#ifndef QMN_SPOTTER_H
#define QMN_SPOTTER_H

#include "qmn_decision.h"
#include "qmn_mfcc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a network wants; all of it constant. */
typedef struct qmn_spotter_settings {
  const qmn_mfcc *mfcc;
  const int8_t *input_shifts;  /* [coefficient_count]: right shift from a feature to the network's input, -15 ... 24 */
  int32_t value_bytes;         /* of a value of that input: 1 or 2 */
  int32_t frame_count;         /* frames in an input */
  int32_t interval_frames;     /* >= 1 */
  qmn_decision_settings decision;
  void *(*net_input)(void);
  void (*net_run)(void);
  const int8_t *(*net_scores)(void); /* [class_count] Q0.7 */
} qmn_spotter_settings;

/* word: index of the class; score: mean of the smoothed scores, Q0.7; frame: the last one that the network saw. */
typedef void (*qmn_spotter_listener)(void *context, int32_t word, int32_t score, uint32_t frame);

/* The memory is the caller's. */
typedef struct qmn_spotter {
  const qmn_spotter_settings *settings;
  qmn_spotter_listener listener; /* 0: nobody listens */
  void *context;
  int16_t *samples;    /* [window_samples] */
  int32_t *workspace;  /* QMN_MFCC_WORKSPACE_BYTES; it may lie where the network's arena lies */
  int16_t *features;   /* [coefficient_count] */
  void *frames;        /* [frame_count][coefficient_count] values, aligned to value_bytes */
  qmn_decision decision; /* of it, the caller sets the memory */
  qmn_mfcc_stream stream;
  uint32_t frame;      /* frames so far */
} qmn_spotter;

/* Forgets all that was heard. Pre: settings and the pointers to memory are set. */
void qmn_spotter_start(qmn_spotter *spotter);

/* Any number of samples, from any number of calls. */
void qmn_spotter_push(qmn_spotter *spotter, const int16_t *samples, int32_t count);

/* The last frame_count frames, the oldest first, as the network's input. Frames that have not come yet are 0. */
void qmn_spotter_copy_input(const qmn_spotter *spotter, void *input);

#ifdef __cplusplus
}
#endif

#endif /* QMN_SPOTTER_H */
