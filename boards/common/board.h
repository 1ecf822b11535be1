/* SPDX-License-Identifier: Apache-2.0
 * board.h   What main.c needs of a board: a console, files of the host, a count of executed instructions, the stack.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Before anything else. */
void board_init(void);

void board_putchar(char c);

/* Files in the working folder of the host. A handle, or -1. */
int board_open_read(const char *name);
int board_open_write(const char *name);
/* How many bytes were read: fewer than asked for only at the end of the file. */
int32_t board_read(int handle, void *data, int32_t bytes);
/* 0, or -1 when not all bytes could be written. */
int board_write(int handle, const void *data, int32_t bytes);
int board_close(int handle);

/* A free-running counter: 1024 of its ticks stand for so many executed instructions. 0: the board cannot count. */
uint32_t board_ticks(void);
uint32_t board_instructions_per_1024_ticks(void);

/* Fills the free stack with a pattern; then: how many bytes below that point have been used since. 0: the board cannot tell. */
void board_paint_stack(void);
uint32_t board_used_stack_bytes(void);

#endif /* BOARD_H */
