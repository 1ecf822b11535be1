/* SPDX-License-Identifier: Apache-2.0
 * semihosting.c   Operations and their parameter blocks: Arm "Semihosting for AArch32 and AArch64", 2.0.
 */
#include "semihosting.h"

enum { kSysOpen = 0x01, kSysClose = 0x02, kSysWrite0 = 0x04, kSysWrite = 0x05, kSysRead = 0x06, kSysExitExtended = 0x20 };
static const uint32_t kApplicationExit = 0x20026;

static int32_t call(uint32_t operation, const void *parameters) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = parameters;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

static uint32_t text_length(const char *text) {
  uint32_t length = 0;
  while (text[length]) ++length;
  return length;
}

int32_t semihosting_open(const char *name, int mode) {
  const uint32_t parameters[3] = {(uint32_t)name, (uint32_t)mode, text_length(name)};
  return call(kSysOpen, parameters);
}

int32_t semihosting_close(int32_t handle) {
  const uint32_t parameters[1] = {(uint32_t)handle};
  return call(kSysClose, parameters);
}

int32_t semihosting_read(int32_t handle, void *data, int32_t bytes) {
  const uint32_t parameters[3] = {(uint32_t)handle, (uint32_t)data, (uint32_t)bytes};
  return call(kSysRead, parameters);
}

int32_t semihosting_write(int32_t handle, const void *data, int32_t bytes) {
  const uint32_t parameters[3] = {(uint32_t)handle, (uint32_t)data, (uint32_t)bytes};
  return call(kSysWrite, parameters);
}

void semihosting_put_text(const char *text) { (void)call(kSysWrite0, text); }

_Noreturn void semihosting_exit(int code) {
  const uint32_t parameters[2] = {kApplicationExit, (uint32_t)code};
  (void)call(kSysExitExtended, parameters);
  for (;;) {
  }
}
