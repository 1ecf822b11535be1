/* SPDX-License-Identifier: Apache-2.0
 * main.c   Firmware around an exported network: self-test, then an inference for each input of inputs.bin.
 *
 * inputs.bin: NET_INPUT_BYTES an input. outputs.bin: for each, NET_CLASS_COUNT logits, then as many scores if there are any. Values are raw,
 * int16 in the byte order of the board.
 * traces.bin (built with tracing): for each tensor its number and its size in bytes, int32 in the byte order of the board, then its values.
 * Lines that begin with "qmn report" are for machines. Exit code: 0, 1 when the self-test failed, 2 when a file could not be read or written.
 */
#include "board.h"
#include "net_under_test.h"

enum { kPass = 0, kSelfTestFailed = 1, kFileFailed = 2 };

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
static int trace_file = -1; /* none while the self-test runs */
static int trace_failed = 0;

void net_trace(int tensor, const int8_t *data, int32_t bytes) {
  const int32_t head[2] = {tensor, bytes};
  if (trace_file < 0) return;
  if (board_write(trace_file, head, (int32_t)sizeof head) != 0 || board_write(trace_file, data, bytes) != 0) trace_failed = 1;
}
#endif

typedef struct totals {
  uint32_t inferences;
  uint32_t ticks;
  uint32_t stack_bytes; /* the most that an inference used */
} totals;

static void run_once(totals *sum) {
  board_paint_stack();
  const uint32_t start = board_ticks();
  net_run();
  sum->ticks += board_ticks() - start;
  const uint32_t stack_bytes = board_used_stack_bytes();
  if (stack_bytes > sum->stack_bytes) sum->stack_bytes = stack_bytes;
  sum->inferences += 1;
}

/* Every whole input of the file; 0, or the exit code. */
static int run_inputs(int inputs, int outputs, totals *sum) {
  for (;;) {
    const int32_t got = board_read(inputs, net_input(), NET_INPUT_BYTES);
    if (got == 0) return kPass;
    if (got != NET_INPUT_BYTES) return file_failed("inputs.bin");
    run_once(sum);
    if (board_write(outputs, net_logits(), (int32_t)(NET_CLASS_COUNT * sizeof *net_logits())) != 0) return file_failed("outputs.bin");
#if NET_HAS_SCORES
    if (board_write(outputs, net_scores(), NET_CLASS_COUNT) != 0) return file_failed("outputs.bin");
#endif
  }
}

int main(void) {
  board_init();
  const int mismatches = net_selftest(board_putchar);
  report("selftest_mismatches", (uint32_t)mismatches);
  report("input_bytes", NET_INPUT_BYTES);
  report("class_count", NET_CLASS_COUNT);
  report("logit_bytes", (uint32_t)sizeof *net_logits());
  report("has_scores", NET_HAS_SCORES);

  const int inputs = board_open_read("inputs.bin");
  if (inputs < 0) {
    put_text("qmn: no inputs.bin in the working folder: only the self-test was run\n");
    return mismatches ? kSelfTestFailed : kPass;
  }
  const int outputs = board_open_write("outputs.bin");
  if (outputs < 0) return file_failed("outputs.bin");
#ifdef NET_TRACE
  trace_file = board_open_write("traces.bin");
  if (trace_file < 0) return file_failed("traces.bin");
#endif

  totals sum = {0, 0, 0};
  const int failure = run_inputs(inputs, outputs, &sum);
  if (failure) return failure;
  (void)board_close(inputs);
  if (board_close(outputs) != 0) return file_failed("outputs.bin");
#ifdef NET_TRACE
  if (board_close(trace_file) != 0 || trace_failed) return file_failed("traces.bin");
#endif
  report("inferences", sum.inferences);
  report("ticks", sum.ticks);
  report("instructions_per_tick", board_instructions_per_tick());
  report("stack_bytes", sum.stack_bytes);
  put_text("qmn report end\n");
  return mismatches ? kSelfTestFailed : kPass;
}
