/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s8_dsp.c   Three vectors and two rows at a time: six sums, in all the registers that there are. A group of four columns takes
 * 20 instructions for 24 products: 1 load and 4 extensions of weights, 3 loads of vectors, 12 SMLAD.
 */
#include "qmn_tile_s8_dsp.h"

#include "qmn_dsp.h"

#if QMN_HAS_DSP

/* r0 weights, r1 patches, r2 ... r7 the sums (vector 0 row 0, vector 0 row 1, vector 1 row 0, ...), r8 ... r11 widened weights, r12 and lr
 * scratch. On the stack: 0 patches, 4 patches_end, 8 where to begin, 12 biases, 16 pairs left, 20 output, 24 output_stride, 28 shift, 32 is_relu,
 * 36 shifts. */
#define QMN_GROUP                                    \
  "ldrd r9, r11, [r0], #8\n"                         \
  "ldrd r12, lr, [r1], #24\n"                        \
  "sxtb16 r8, r9\n"                                  \
  "sxtb16 r9, r9, ror #8\n"                          \
  "sxtb16 r10, r11\n"                                \
  "sxtb16 r11, r11, ror #8\n"                        \
  "smlad r2, r12, r8, r2\n"                          \
  "smlad r2, lr, r9, r2\n"                           \
  "smlad r3, r12, r10, r3\n"                         \
  "smlad r3, lr, r11, r3\n"                          \
  "ldrd r12, lr, [r1, #-16]\n"                       \
  "smlad r4, r12, r8, r4\n"                          \
  "smlad r4, lr, r9, r4\n"                           \
  "smlad r5, r12, r10, r5\n"                         \
  "smlad r5, lr, r11, r5\n"                          \
  "ldrd r12, lr, [r1, #-8]\n"                        \
  "smlad r6, r12, r8, r6\n"                          \
  "smlad r6, lr, r9, r6\n"                           \
  "smlad r7, r12, r10, r7\n"                         \
  "smlad r7, lr, r11, r7\n"

__attribute__((naked)) void qmn_tile_s8_dsp(const qmn_tile *tile __attribute__((unused))) {
  __asm__(
      "push {r4-r11, lr}\n"
      "sub sp, sp, #44\n"
      "ldrd r1, r2, [r0]\n"      /* patches, patches_end */
      "strd r1, r2, [sp]\n"
      "subs r2, r2, r1\n"        /* 24 bytes a group: groups modulo 4 tell where in four groups to begin */
      "ubfx r2, r2, #3, #2\n"
      "ldrd r3, r4, [r0, #8]\n"  /* weights, biases */
      "strd r2, r4, [sp, #8]\n"
      "ldrd r5, r6, [r0, #16]\n" /* pairs, output */
      "ldr r7, [r0, #24]\n"      /* output_stride */
      "str r5, [sp, #16]\n"
      "strd r6, r7, [sp, #20]\n"
      "ldrd r5, r6, [r0, #28]\n" /* shift, shifts */
      "ldr r7, [r0, #36]\n"      /* is_relu */
      "strd r5, r7, [sp, #28]\n"
      "str r6, [sp, #36]\n"
      "mov r0, r3\n"
      "1:\n"                     /* a pair of rows */
      "ldrd r12, lr, [sp, #8]\n"
      "ldr r1, [sp]\n"
      "ldrd r2, r3, [lr], #8\n"
      "str lr, [sp, #12]\n"
      "mov r4, r2\n"
      "mov r5, r3\n"
      "mov r6, r2\n"
      "mov r7, r3\n"
      "tbb [pc, r12]\n"
      "7: .byte (20f - 7b) / 2, (21f - 7b) / 2, (22f - 7b) / 2, (23f - 7b) / 2\n" /* 3 * groups modulo 4: 0, 3, 2 or 1 groups first */
      "20:\n" QMN_GROUP
      "21:\n" QMN_GROUP
      "22:\n" QMN_GROUP
      "23:\n" QMN_GROUP
      "ldr r12, [sp, #4]\n"
      "cmp r1, r12\n"
      "bne 20b\n"
      "ldrd r8, r10, [sp, #28]\n" /* shift, is_relu */
      "ldr r9, [sp, #36]\n"       /* shifts */
      "mov r12, r8\n"
      "cmp r9, #0\n"
      "beq 4f\n"
      "ldrsb r8, [r9], #1\n"
      "ldrsb r12, [r9], #1\n"
      "str r9, [sp, #36]\n"
      "4:\n"
      "asr r2, r2, r8\n"
      "asr r3, r3, r12\n"
      "asr r4, r4, r8\n"
      "asr r5, r5, r12\n"
      "asr r6, r6, r8\n"
      "asr r7, r7, r12\n"
      "ldrd r11, lr, [sp, #20]\n" /* output, output_stride */
      "cmp r10, #0\n"
      "beq 5f\n"
      "usat r2, #7, r2\n"
      "usat r3, #7, r3\n"
      "usat r4, #7, r4\n"
      "usat r5, #7, r5\n"
      "usat r6, #7, r6\n"
      "usat r7, #7, r7\n"
      "6:\n"
      "strb r3, [r11, #1]\n"
      "strb r2, [r11], #2\n"
      "ldr r12, [sp, #16]\n"
      "str r11, [sp, #20]\n"
      "add r11, r11, lr\n"
      "strb r4, [r11, #-2]\n"
      "strb r5, [r11, #-1]\n"
      "add r11, r11, lr\n"
      "strb r6, [r11, #-2]\n"
      "strb r7, [r11, #-1]\n"
      "subs r12, r12, #1\n"
      "str r12, [sp, #16]\n"
      "bne 1b\n"
      "add sp, sp, #44\n"
      "pop {r4-r11, pc}\n"
      "5:\n"
      "ssat r2, #8, r2\n"
      "ssat r3, #8, r3\n"
      "ssat r4, #8, r4\n"
      "ssat r5, #8, r5\n"
      "ssat r6, #8, r6\n"
      "ssat r7, #8, r7\n"
      "b 6b\n");
}

#else

static int8_t saturate(int32_t value, int32_t is_relu) {
  const int32_t least = is_relu ? 0 : -128;
  return (int8_t)(value < least ? least : value > 127 ? 127 : value);
}

void qmn_tile_s8_dsp(const qmn_tile *tile) {
  const int8_t *weights = tile->weights;
  for (int32_t row = 0; row < 2 * tile->pairs; row += 2) {
    int32_t sums[QMN_TILE_VECTORS][2];
    for (int32_t vector = 0; vector < QMN_TILE_VECTORS; ++vector) {
      sums[vector][0] = tile->biases[row];
      sums[vector][1] = tile->biases[row + 1];
    }
    for (const uint32_t *group = tile->patches; group < tile->patches_end; group += 2 * QMN_TILE_VECTORS, weights += 8) {
      for (int32_t i = 0; i < 2; ++i) {
        const uint32_t word = qmn_load_word(weights + 4 * i), even = qmn_even_bytes(word), odd = qmn_odd_bytes(word);
        for (int32_t vector = 0; vector < QMN_TILE_VECTORS; ++vector) {
          sums[vector][i] = qmn_add_products(group[2 * vector + 1], odd, qmn_add_products(group[2 * vector], even, sums[vector][i]));
        }
      }
    }
    for (int32_t vector = 0; vector < QMN_TILE_VECTORS; ++vector) {
      int8_t *const output = tile->output + vector * tile->output_stride + row;
      for (int32_t i = 0; i < 2; ++i) output[i] = saturate(sums[vector][i] >> (tile->shifts ? tile->shifts[row + i] : tile->shift), tile->is_relu);
    }
  }
}

#endif
