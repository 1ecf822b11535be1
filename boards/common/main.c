/* SPDX-License-Identifier: Apache-2.0
 * main.c   Firmware around an exported network: self-test, then an inference for each input of inputs.bin, or for each clip of clips.bin, or
 * the words in the stream of stream.bin.
 *
 * inputs.bin: NET_INPUT_BYTES an input. clips.bin, where the network hears sound: NET_CLIP_SAMPLES samples a clip, which go through the front
 * end. outputs.bin: for each, of a clip its features as the network's input, then NET_CLASS_COUNT logits, then as many scores if there are any.
 * stream.bin, where the network hears sound: samples without end, a block at a time. outputs.bin: logits and scores of each run of the network.
 * words.bin: word, score and frame of each word that was heard, int32.
 * Values are raw, int16 in the byte order of the board.
 * traces.bin (built with tracing): for each tensor its number and its size in bytes, int32 in the byte order of the board, then its values.
 * Built with tracing and BOARD_COUNTS_LAYERS: no file, but the ticks of the kernel that writes each tensor, summed over the inferences.
 * Lines that begin with "qmn report" are for machines. Exit code: 0, 1 when the self-test failed, 2 when a file could not be read or written.
 */
#include "board.h"
#include "net_under_test.h"

#if defined(NET_TRACE) && !defined(BOARD_COUNTS_LAYERS)
#define NET_WRITES_TRACE
#endif

enum { kPass = 0, kSelfTestFailed = 1, kFileFailed = 2 };
enum { kBlockSamples = 233 }; /* of a clip at a time: no hop is a multiple of it */

static void put_text(const char *text) {
  while (*text) board_putchar(*text++);
}

static void put_number(uint32_t number) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = (char)('0' + (int)(number % 10u));
    number /= 10u;
  } while (number);
  while (count) board_putchar(digits[--count]);
}

static void report(const char *key, uint32_t value) {
  put_text("qmn report ");
  put_text(key);
  put_text(" ");
  put_number(value);
  put_text("\n");
}

static int file_failed(const char *name) {
  put_text("qmn: cannot read or write all of ");
  put_text(name);
  put_text("\n");
  return kFileFailed;
}

#ifdef NET_TRACE
static int is_tracing = 0; /* not while the self-test or the front end runs */
#ifdef NET_WRITES_TRACE
static int trace_file = -1;
static int trace_failed = 0;

void net_trace(int tensor, const int8_t *data, int32_t bytes) {
  const int32_t head[2] = {tensor, bytes};
  if (!is_tracing) return;
  if (board_write(trace_file, head, (int32_t)sizeof head) != 0 || board_write(trace_file, data, bytes) != 0) trace_failed = 1;
}
#else
enum { kMostTensors = 200 };
static uint32_t tensor_ticks[kMostTensors];
static uint32_t last_ticks;

void net_trace(int tensor, const int8_t *data, int32_t bytes) {
  (void)data;
  (void)bytes;
  if (is_tracing && tensor < kMostTensors) tensor_ticks[tensor] += board_ticks() - last_ticks;
  last_ticks = board_ticks();
}

static void report_layers(void) {
  for (int32_t i = 0; i < kMostTensors; ++i) {
    if (tensor_ticks[i] == 0) continue;
    put_text("qmn report tensor_");
    put_number((uint32_t)i);
    put_text(" ");
    put_number(tensor_ticks[i]);
    put_text("\n");
  }
}
#endif
#endif

typedef struct totals {
  uint32_t inferences;
  uint32_t ticks;
  uint32_t push_ticks;  /* of clips: their samples through the front end, with one inference each */
  uint32_t stack_bytes; /* the most that an inference, or a clip, used */
} totals;

static void note_stack(totals *sum) {
  const uint32_t stack_bytes = board_used_stack_bytes();
  if (stack_bytes > sum->stack_bytes) sum->stack_bytes = stack_bytes;
}

static void run_once(totals *sum) {
#ifdef NET_TRACE
  is_tracing = 1;
#endif
  board_paint_stack();
  const uint32_t start = board_ticks();
  net_run();
  sum->ticks += board_ticks() - start;
  note_stack(sum);
  sum->inferences += 1;
#ifdef NET_TRACE
  is_tracing = 0;
#endif
}

/* The logits and scores of the last run; 0, or the exit code. */
static int write_outputs(int outputs) {
  if (board_write(outputs, net_logits(), (int32_t)(NET_CLASS_COUNT * sizeof *net_logits())) != 0) return file_failed("outputs.bin");
#if NET_HAS_SCORES
  if (board_write(outputs, net_scores(), NET_CLASS_COUNT) != 0) return file_failed("outputs.bin");
#endif
  return kPass;
}

/* Every whole input of the file; 0, or the exit code. */
static int run_inputs(int inputs, int outputs, totals *sum) {
  for (;;) {
    const int32_t got = board_read(inputs, net_input(), NET_INPUT_BYTES);
    if (got == 0) return kPass;
    if (got != NET_INPUT_BYTES) return file_failed("inputs.bin");
    run_once(sum);
    const int failure = write_outputs(outputs);
    if (failure) return failure;
  }
}

#ifdef NET_HEARS_SOUND
static int16_t block[kBlockSamples];

/* The samples of a clip, block by block; 0, or the exit code. */
static int push_clip(int clips, int32_t first_bytes, totals *sum) {
  int32_t left = NET_CLIP_SAMPLES, got = first_bytes;
  board_paint_stack();
  net_listen(0);
  for (;;) {
    const int32_t count = left < kBlockSamples ? left : kBlockSamples;
    if (got != count * (int32_t)sizeof *block) return file_failed("clips.bin");
    const uint32_t start = board_ticks();
    net_push(block, (size_t)count);
    sum->push_ticks += board_ticks() - start;
    left -= count;
    if (left == 0) break;
    got = board_read(clips, block, (left < kBlockSamples ? left : kBlockSamples) * (int32_t)sizeof *block);
  }
  note_stack(sum);
  return kPass;
}

/* Every whole clip of the file. */
static int run_clips(int clips, int outputs, totals *sum) {
  const int32_t first = NET_CLIP_SAMPLES < kBlockSamples ? NET_CLIP_SAMPLES : kBlockSamples;
  for (;;) {
    const int32_t got = board_read(clips, block, first * (int32_t)sizeof *block);
    if (got == 0) return kPass;
    int failure = push_clip(clips, got, sum);
    if (failure) return failure;
    net_copy_input(net_input());
    if (board_write(outputs, net_input(), NET_INPUT_BYTES) != 0) return file_failed("outputs.bin");
    run_once(sum);
    failure = write_outputs(outputs);
    if (failure) return failure;
  }
}

static int words_file = -1;
static int words_failed = 0;

static void write_word(int word, int score, uint32_t frame) {
  const int32_t record[3] = {word, score, (int32_t)frame};
  if (board_write(words_file, record, (int32_t)sizeof record) != 0) words_failed = 1;
}

/* All samples of the file, in blocks of which one ends with each frame, so that the outputs of a run are still there. */
static int run_stream(int stream, int outputs, totals *sum) {
  int32_t left = NET_WINDOW_SAMPLES; /* to the end of the next frame */
  uint32_t frames = 0;
  words_file = board_open_write("words.bin");
  if (words_file < 0) return file_failed("words.bin");
  board_paint_stack();
  net_listen(write_word);
  for (;;) {
    const int32_t count = left < kBlockSamples ? left : kBlockSamples;
    const int32_t got = board_read(stream, block, count * (int32_t)sizeof *block);
    net_push(block, (size_t)got / sizeof *block);
    if (got < count * (int32_t)sizeof *block) break;
    left -= count;
    if (left > 0) continue;
    left = NET_HOP_SAMPLES;
    frames += 1;
    if (frames < NET_FRAME_COUNT || (frames - NET_FRAME_COUNT) % NET_INTERVAL_FRAMES != 0) continue;
    sum->inferences += 1;
    if (write_outputs(outputs) != kPass) return kFileFailed;
  }
  note_stack(sum);
  report("frames", frames);
  return board_close(words_file) != 0 || words_failed ? file_failed("words.bin") : kPass;
}
#endif

int main(void) {
  board_init();
  const int mismatches = net_selftest(board_putchar);
  report("selftest_mismatches", (uint32_t)mismatches);
  report("input_bytes", NET_INPUT_BYTES);
  report("class_count", NET_CLASS_COUNT);
  report("logit_bytes", (uint32_t)sizeof *net_logits());
  report("has_scores", NET_HAS_SCORES);

  int inputs = board_open_read("inputs.bin");
#ifdef NET_HEARS_SOUND
  report("frames_per_clip", NET_FRAME_COUNT);
  int (*run)(int, int, totals *) = run_inputs;
  if (inputs < 0) {
    inputs = board_open_read("clips.bin");
    run = run_clips;
  }
  if (inputs < 0) {
    inputs = board_open_read("stream.bin");
    run = run_stream;
  }
#endif
  if (inputs < 0) {
    put_text("qmn: no inputs.bin, clips.bin or stream.bin in the working folder: only the self-test was run\n");
    return mismatches ? kSelfTestFailed : kPass;
  }
  const int outputs = board_open_write("outputs.bin");
  if (outputs < 0) return file_failed("outputs.bin");
#ifdef NET_WRITES_TRACE
  trace_file = board_open_write("traces.bin");
  if (trace_file < 0) return file_failed("traces.bin");
#endif

  totals sum = {0, 0, 0, 0};
#ifdef NET_HEARS_SOUND
  const int failure = run(inputs, outputs, &sum);
#else
  const int failure = run_inputs(inputs, outputs, &sum);
#endif
  if (failure) return failure;
  (void)board_close(inputs);
  if (board_close(outputs) != 0) return file_failed("outputs.bin");
#ifdef NET_WRITES_TRACE
  if (board_close(trace_file) != 0 || trace_failed) return file_failed("traces.bin");
#endif
#if defined(NET_TRACE) && !defined(NET_WRITES_TRACE)
  report_layers();
#endif
  report("inferences", sum.inferences);
  report("ticks", sum.ticks);
  report("push_ticks", sum.push_ticks);
  report("instructions_per_1024_ticks", board_instructions_per_1024_ticks());
  report("stack_bytes", sum.stack_bytes);
  put_text("qmn report end\n");
  return mismatches ? kSelfTestFailed : kPass;
}
