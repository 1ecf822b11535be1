/* SPDX-License-Identifier: Apache-2.0
 * startup.c   Vector table, memory set-up, faults. The network uses no floating point: the FPU stays off, but Helium has its registers.
 */
#include "semihosting.h"

#include <stdint.h>

extern uint32_t __stack_top, __data_load, __data_start, __data_end, __bss_start, __bss_end; /* linker.ld */

int main(void);
void SysTick_Handler(void); /* board.c */

enum { kExitFault = 3 };

static void put_hex(const char *name, uint32_t value) {
  char text[] = " 0x00000000";
  for (int digit = 0; digit < 8; ++digit) text[10 - digit] = "0123456789abcdef"[(value >> (4 * digit)) & 15u];
  semihosting_put_text(name);
  semihosting_put_text(text);
}

/* `frame`: r0-r3, r12, lr, pc, xpsr as the core stacked them. */
__attribute__((used)) static void report_fault(const uint32_t *frame) {
  const volatile uint32_t *configurable_fault_status = (const volatile uint32_t *)0xE000ED28u;
  semihosting_put_text("\nqmn fault:");
  put_hex(" pc", frame[6]);
  put_hex(" lr", frame[5]);
  put_hex(" cfsr", *configurable_fault_status);
  semihosting_put_text("\n");
  semihosting_exit(kExitFault);
}

__attribute__((naked)) static void fault_handler(void) {
  __asm__ volatile("mov r0, sp\n bl report_fault\n");
}

void Reset_Handler(void) {
#if defined(__ARM_FEATURE_MVE)
  volatile uint32_t *const coprocessor_access = (volatile uint32_t *)0xE000ED88u;
  *coprocessor_access |= 15u << 20; /* full access to CP10 and CP11 */
  __asm__ volatile("dsb\n isb\n" ::: "memory");
#endif
  const uint32_t *from = &__data_load;
  for (uint32_t *to = &__data_start; to < &__data_end; ++to) *to = *from++;
  for (uint32_t *to = &__bss_start; to < &__bss_end; ++to) *to = 0;
  semihosting_exit(main());
}

typedef void (*handler)(void);

/* Stack pointer, reset, NMI, the four faults, reserved, SVCall, debug, reserved, PendSV, SysTick. */
__attribute__((section(".vectors"), used)) static const struct {
  uint32_t *stack_top;
  handler handlers[15];
} vectors = {&__stack_top,
             {Reset_Handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, 0, 0, 0, 0, fault_handler,
              fault_handler, 0, fault_handler, SysTick_Handler}};
