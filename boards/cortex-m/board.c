/* SPDX-License-Identifier: Apache-2.0
 * board.c   A Cortex-M in its emulator: console and files by semihosting, executed instructions by SysTick, the stack by painting.
 *
 * Under `qemu-system-arm -icount shift=0` an executed instruction takes one nanosecond of the board's time, and SysTick counts the processor
 * clock: at 25 MHz a tick every 40 ns is a tick every 40 instructions, BOARD_INSTRUCTIONS_PER_1024_TICKS is 40960. Without -icount the ticks
 * mean nothing.
 */
#include "board.h"

#include "semihosting.h"

enum { kConsoleBytes = 128 };

typedef struct systick_registers {
  volatile uint32_t control, reload, value, calibration;
} systick_registers;
static systick_registers *const systick = (systick_registers *)0xE000E010u;
static const uint32_t kReload = 0xFFFFFFu;                       /* 24 bits */
static const uint32_t kProcessorClockInterruptEnable = 0x7u;

static volatile uint32_t wraps; /* of the 24-bit counter */

void SysTick_Handler(void);
void SysTick_Handler(void) { wraps += 1; }

void board_init(void) {
  systick->control = 0;
  systick->reload = kReload;
  systick->value = 0;
  systick->control = kProcessorClockInterruptEnable;
}

uint32_t board_ticks(void) {
  for (;;) {
    const uint32_t before = wraps;
    const uint32_t down = systick->value;
    if (before == wraps) return before * (kReload + 1u) + (kReload - down);
  }
}

uint32_t board_instructions_per_1024_ticks(void) { return BOARD_INSTRUCTIONS_PER_1024_TICKS; }

/* The console costs a semihosting call: a line at a time. */
void board_putchar(char c) {
  static char line[kConsoleBytes + 1];
  static uint32_t length;
  line[length++] = c;
  if (c != '\n' && length < kConsoleBytes) return;
  line[length] = 0;
  semihosting_put_text(line);
  length = 0;
}

int board_open_read(const char *name) { return semihosting_open(name, kSemihostingRead); }
int board_open_write(const char *name) { return semihosting_open(name, kSemihostingWrite); }
int32_t board_read(int handle, void *data, int32_t bytes) { return bytes - semihosting_read(handle, data, bytes); }
int board_write(int handle, const void *data, int32_t bytes) { return semihosting_write(handle, data, bytes) == 0 ? 0 : -1; }
int board_close(int handle) { return semihosting_close(handle) == 0 ? 0 : -1; }

extern uint32_t __stack_limit; /* linker.ld */
static const uint32_t kPaint = 0xC0FFEE42u;
static uint32_t *painted_end;
enum { kOwnWords = 32 }; /* of board_paint_stack itself, wherever the compiler lets it read the stack pointer: not painted, counted as used */

void board_paint_stack(void) {
  uint32_t *stack_pointer;
  __asm__ volatile("mov %0, sp" : "=r"(stack_pointer));
  painted_end = stack_pointer;
  for (volatile uint32_t *word = &__stack_limit; word < stack_pointer - kOwnWords; ++word) *word = kPaint;
}

uint32_t board_used_stack_bytes(void) {
  const volatile uint32_t *word = &__stack_limit;
  while (word < painted_end - kOwnWords && *word == kPaint) ++word;
  return (uint32_t)painted_end - (uint32_t)word;
}
