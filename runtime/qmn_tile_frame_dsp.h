/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_frame_dsp.h   What all tiles of three vectors and two rows have around their products: the operands kept on the stack, the loop over
 * groups of four columns, shift, clip and store of the six sums in r2 ... r7 (vector 0 row 0, vector 0 row 1, vector 1 row 0, ...).
 * On the stack: 0 patches, 4 patches_end, 8 where to begin, 12 biases, 16 pairs left, 20 output, 24 output_stride, 28 is_relu, 32 shift or shifts.
 */
#ifndef QMN_TILE_FRAME_DSP_H
#define QMN_TILE_FRAME_DSP_H

#include "qmn_dsp.h"
#include "qmn_values.h"

#if QMN_HAS_DSP

/* r0 the tile, r1 patches, r2 patches_end: all but the shift goes to the stack; weights to r3, shift or shifts to r5. */
#define QMN_TILE_KEEP                                                                                      \
  "subs r2, r2, r1\n" /* 24 bytes a group: groups modulo 8 tell where in eight groups to begin */          \
  "ubfx r2, r2, #3, #3\n"                                                                                  \
  "ldrd r3, r4, [r0, #8]\n" /* weights, biases */                                                          \
  "strd r2, r4, [sp, #8]\n"                                                                                \
  "ldrd r5, r6, [r0, #16]\n" /* pairs, output */                                                           \
  "strd r5, r6, [sp, #16]\n"                                                                               \
  "ldrd r5, r6, [r0, #24]\n" /* output_stride, is_relu */                                                  \
  "strd r5, r6, [sp, #24]\n"                                                                               \
  "ldr r5, [r0, #32]\n" /* shift or shifts */

/* All groups, eight at a time; r12 tells where to begin. `group` takes one and moves r0 and r1 on. */
#define QMN_TILE_GROUPS(group)                                                  \
  "tbh [pc, r12, lsl #1]\n"                                                     \
  /* 3 * groups modulo 8 = 0 ... 7: 0, 3, 6, 1, 4, 7, 2, 5 groups first */      \
  "7: .hword (20f - 7b) / 2, (25f - 7b) / 2, (22f - 7b) / 2, (27f - 7b) / 2\n"  \
  ".hword (24f - 7b) / 2, (21f - 7b) / 2, (26f - 7b) / 2, (23f - 7b) / 2\n"     \
  "20:\n" group                                                                 \
  "21:\n" group                                                                 \
  "22:\n" group                                                                 \
  "23:\n" group                                                                 \
  "24:\n" group                                                                 \
  "25:\n" group                                                                 \
  "26:\n" group                                                                 \
  "27:\n" group                                                                 \
  "ldr r12, [sp, #4]\n"                                                         \
  "cmp r1, r12\n"                                                               \
  "bne 20b\n"

/* The sums by the shifts of their rows (r8, r9), clipped and stored; then the next pair of rows (1b), or out with `stack` bytes given back. Bits to
 * saturate to, store and bytes: of a value of the output. */
#define QMN_TILE_FINISH(bits, relu_bits, store, bytes, stack)  \
  "asr r2, r2, r8\n"                                           \
  "asr r3, r3, r9\n"                                           \
  "asr r4, r4, r8\n"                                           \
  "asr r5, r5, r9\n"                                           \
  "asr r6, r6, r8\n"                                           \
  "asr r7, r7, r9\n"                                           \
  "ldrd r10, r11, [sp, #16]\n" /* pairs left, output */        \
  "ldrd lr, r12, [sp, #24]\n"  /* output_stride, is_relu */    \
  "cmp r12, #0\n"                                              \
  "beq 5f\n"                                                   \
  "usat r2, #" relu_bits ", r2\n"                              \
  "usat r3, #" relu_bits ", r3\n"                              \
  "usat r4, #" relu_bits ", r4\n"                              \
  "usat r5, #" relu_bits ", r5\n"                              \
  "usat r6, #" relu_bits ", r6\n"                              \
  "usat r7, #" relu_bits ", r7\n"                              \
  "6:\n"                                                       \
  store " r4, [r11, lr]\n"                                     \
  store " r6, [r11, lr, lsl #1]\n"                             \
  store " r2, [r11], #" bytes "\n"                             \
  store " r5, [r11, lr]\n"                                     \
  store " r7, [r11, lr, lsl #1]\n"                             \
  store " r3, [r11], #" bytes "\n"                             \
  "subs r10, r10, #1\n"                                        \
  "strd r10, r11, [sp, #16]\n"                                 \
  "bne 1b\n"                                                   \
  "add sp, sp, #" stack "\n"                                   \
  "pop {r4-r11, pc}\n"                                         \
  "5:\n"                                                       \
  "ssat r2, #" bits ", r2\n"                                   \
  "ssat r3, #" bits ", r3\n"                                   \
  "ssat r4, #" bits ", r4\n"                                   \
  "ssat r5, #" bits ", r5\n"                                   \
  "ssat r6, #" bits ", r6\n"                                   \
  "ssat r7, #" bits ", r7\n"                                   \
  "b 6b\n"

/* Each row has a shift of its own: those of the next two rows to r8 and r9. */
#define QMN_SHIFT_OF_EACH     \
  "ldr r12, [sp, #32]\n"      \
  "ldrb r9, [r12, #1]\n"      \
  "ldrb r8, [r12], #2\n"      \
  "str r12, [sp, #32]\n"

#else

static inline int32_t qmn_tile_saturate(int32_t value, int32_t is_relu, int32_t out_bytes) {
  const int32_t most = out_bytes == 1 ? 127 : 32767;
  return qmn_clip_to(value, is_relu ? 0 : -most - 1, most);
}

#endif

#endif /* QMN_TILE_FRAME_DSP_H */
