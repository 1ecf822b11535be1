/* SPDX-License-Identifier: Apache-2.0
 * semihosting.h   Arm semihosting: calls that the emulator or debugger answers on the host.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

enum { kSemihostingRead = 1 /* "rb" */, kSemihostingWrite = 5 /* "wb" */ };

int32_t semihosting_open(const char *name, int mode); /* a handle, or -1 */
int32_t semihosting_close(int32_t handle);            /* 0, or -1 */
int32_t semihosting_read(int32_t handle, void *data, int32_t bytes);        /* how many bytes were NOT read */
int32_t semihosting_write(int32_t handle, const void *data, int32_t bytes); /* how many bytes were NOT written */
void semihosting_put_text(const char *text);
_Noreturn void semihosting_exit(int code);

#endif /* SEMIHOSTING_H */
