/* SPDX-License-Identifier: Apache-2.0
 * board.c   The host as a board: C library files; no count of instructions, no view of the stack.
 */
#include "board.h"

#include <stdio.h>

enum { kMaxFiles = 4 };
static FILE *files[kMaxFiles];

static int open_file(const char *name, const char *mode) {
  for (int handle = 0; handle < kMaxFiles; ++handle) {
    if (files[handle]) continue;
    files[handle] = fopen(name, mode);
    return files[handle] ? handle : -1;
  }
  return -1;
}

void board_init(void) {}
void board_putchar(char c) { putchar(c); }
int board_open_read(const char *name) { return open_file(name, "rb"); }
int board_open_write(const char *name) { return open_file(name, "wb"); }
int32_t board_read(int handle, void *data, int32_t bytes) { return (int32_t)fread(data, 1, (size_t)bytes, files[handle]); }
int board_write(int handle, const void *data, int32_t bytes) { return fwrite(data, 1, (size_t)bytes, files[handle]) == (size_t)bytes ? 0 : -1; }
int board_close(int handle) {
  FILE *file = files[handle];
  files[handle] = 0;
  return fclose(file) == 0 ? 0 : -1;
}
uint32_t board_ticks(void) { return 0; }
uint32_t board_instructions_per_1024_ticks(void) { return 0; }
void board_paint_stack(void) {}
uint32_t board_used_stack_bytes(void) { return 0; }
