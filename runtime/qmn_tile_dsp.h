/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_dsp.h   The body of qmn_tile_s8_dsp.c and qmn_tile_s16_dsp.c, which differ in the type of the output.
 * Three vectors and two rows at a time: six sums, in all the registers that there are. A group of four columns takes 20 instructions for
 * 24 products: 1 load and 4 extensions of weights, 3 loads of vectors, 12 SMLAD.
 */
#ifndef QMN_TILE_DSP_H
#define QMN_TILE_DSP_H

#include "qmn_dsp.h"
#include "qmn_values.h"

#if QMN_HAS_DSP

/* r0 weights, r1 patches, r2 ... r7 the sums (vector 0 row 0, vector 0 row 1, vector 1 row 0, ...), r8 ... r11 widened weights, r12 and lr
 * scratch. On the stack: 0 patches, 4 patches_end, 8 where to begin, 12 biases, 16 pairs left, 20 output, 24 output_stride, 28 is_relu, 32 shift
 * or shifts. */
#define QMN_GROUP                                                                                                      \
  "ldrd r9, r11, [r0], #8\n"                                                                                           \
  "ldrd r12, lr, [r1], #24\n"                                                                                          \
  "sxtb16 r8, r9\n"                                                                                                    \
  "sxtb16 r9, r9, ror #8\n"                                                                                            \
  "sxtb16 r10, r11\n"                                                                                                  \
  "sxtb16 r11, r11, ror #8\n"                                                                                          \
  "smlad r2, r12, r8, r2\n"                                                                                            \
  "smlad r2, lr, r9, r2\n"                                                                                             \
  "smlad r3, r12, r10, r3\n"                                                                                           \
  "smlad r3, lr, r11, r3\n"                                                                                            \
  "ldrd r12, lr, [r1, #-16]\n"                                                                                         \
  "smlad r4, r12, r8, r4\n"                                                                                            \
  "smlad r4, lr, r9, r4\n"                                                                                             \
  "smlad r5, r12, r10, r5\n"                                                                                           \
  "smlad r5, lr, r11, r5\n"                                                                                            \
  "ldrd r12, lr, [r1, #-8]\n"                                                                                          \
  "smlad r6, r12, r8, r6\n"                                                                                            \
  "smlad r6, lr, r9, r6\n"                                                                                             \
  "smlad r7, r12, r10, r7\n"                                                                                           \
  "smlad r7, lr, r11, r7\n"

/* `shift_pair` brings the shifts of the two rows to r8 and r9. Bits to saturate to, store and bytes: of a value of the output. */
#define QMN_TILE_FUNCTION(name, shift_pair, bits, relu_bits, store, bytes)                                             \
  __attribute__((naked)) void name(const qmn_tile *tile __attribute__((unused))) {                                     \
    __asm__(                                                                                                           \
        "push {r4-r11, lr}\n"                                                                                          \
        "sub sp, sp, #36\n"                                                                                            \
        "ldrd r1, r2, [r0]\n" /* patches, patches_end */                                                               \
        "strd r1, r2, [sp]\n"                                                                                          \
        "subs r2, r2, r1\n" /* 24 bytes a group: groups modulo 8 tell where in eight groups to begin */                \
        "ubfx r2, r2, #3, #3\n"                                                                                        \
        "ldrd r3, r4, [r0, #8]\n" /* weights, biases */                                                                \
        "strd r2, r4, [sp, #8]\n"                                                                                      \
        "ldrd r5, r6, [r0, #16]\n" /* pairs, output */                                                                 \
        "strd r5, r6, [sp, #16]\n"                                                                                     \
        "ldrd r5, r6, [r0, #24]\n" /* output_stride, is_relu */                                                        \
        "strd r5, r6, [sp, #24]\n"                                                                                     \
        "ldr r5, [r0, #32]\n" /* shift or shifts */                                                                    \
        "str r5, [sp, #32]\n"                                                                                          \
        "mov r0, r3\n"                                                                                                 \
        "1:\n" /* a pair of rows */                                                                                    \
        "ldrd r12, lr, [sp, #8]\n"                                                                                     \
        "ldr r1, [sp]\n"                                                                                               \
        "ldrd r2, r3, [lr], #8\n"                                                                                      \
        "str lr, [sp, #12]\n"                                                                                          \
        "mov r4, r2\n"                                                                                                 \
        "mov r5, r3\n"                                                                                                 \
        "mov r6, r2\n"                                                                                                 \
        "mov r7, r3\n"                                                                                                 \
        "tbh [pc, r12, lsl #1]\n"                                                                                      \
        /* 3 * groups modulo 8 = 0 ... 7: 0, 3, 6, 1, 4, 7, 2, 5 groups first */                                       \
        "7: .hword (20f - 7b) / 2, (25f - 7b) / 2, (22f - 7b) / 2, (27f - 7b) / 2\n"                                   \
        ".hword (24f - 7b) / 2, (21f - 7b) / 2, (26f - 7b) / 2, (23f - 7b) / 2\n"                                      \
        "20:\n" QMN_GROUP                                                                                              \
        "21:\n" QMN_GROUP                                                                                              \
        "22:\n" QMN_GROUP                                                                                              \
        "23:\n" QMN_GROUP                                                                                              \
        "24:\n" QMN_GROUP                                                                                              \
        "25:\n" QMN_GROUP                                                                                              \
        "26:\n" QMN_GROUP                                                                                              \
        "27:\n" QMN_GROUP                                                                                              \
        "ldr r12, [sp, #4]\n"                                                                                          \
        "cmp r1, r12\n"                                                                                                \
        "bne 20b\n"                                                                                                    \
        shift_pair                                                                                                     \
        "asr r2, r2, r8\n"                                                                                             \
        "asr r3, r3, r9\n"                                                                                             \
        "asr r4, r4, r8\n"                                                                                             \
        "asr r5, r5, r9\n"                                                                                             \
        "asr r6, r6, r8\n"                                                                                             \
        "asr r7, r7, r9\n"                                                                                             \
        "ldrd r10, r11, [sp, #16]\n" /* pairs left, output */                                                          \
        "ldrd lr, r12, [sp, #24]\n"  /* output_stride, is_relu */                                                      \
        "cmp r12, #0\n"                                                                                                \
        "beq 5f\n"                                                                                                     \
        "usat r2, #" relu_bits ", r2\n"                                                                                \
        "usat r3, #" relu_bits ", r3\n"                                                                                \
        "usat r4, #" relu_bits ", r4\n"                                                                                \
        "usat r5, #" relu_bits ", r5\n"                                                                                \
        "usat r6, #" relu_bits ", r6\n"                                                                                \
        "usat r7, #" relu_bits ", r7\n"                                                                                \
        "6:\n"                                                                                                         \
        store " r4, [r11, lr]\n"                                                                                       \
        store " r6, [r11, lr, lsl #1]\n"                                                                               \
        store " r2, [r11], #" bytes "\n"                                                                               \
        store " r5, [r11, lr]\n"                                                                                       \
        store " r7, [r11, lr, lsl #1]\n"                                                                               \
        store " r3, [r11], #" bytes "\n"                                                                               \
        "subs r10, r10, #1\n"                                                                                          \
        "strd r10, r11, [sp, #16]\n"                                                                                   \
        "bne 1b\n"                                                                                                     \
        "add sp, sp, #36\n"                                                                                            \
        "pop {r4-r11, pc}\n"                                                                                           \
        "5:\n"                                                                                                         \
        "ssat r2, #" bits ", r2\n"                                                                                     \
        "ssat r3, #" bits ", r3\n"                                                                                     \
        "ssat r4, #" bits ", r4\n"                                                                                     \
        "ssat r5, #" bits ", r5\n"                                                                                     \
        "ssat r6, #" bits ", r6\n"                                                                                     \
        "ssat r7, #" bits ", r7\n"                                                                                     \
        "b 6b\n");                                                                                                     \
  }
/* The shifts of two rows: one for all, or one for each. */
#define QMN_ONE_SHIFT         \
  "ldr r8, [sp, #32]\n"       \
  "mov r9, r8\n"
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

static inline void qmn_tile_multiply(const qmn_tile *tile, int is_per_channel, int32_t out_bytes) {
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
      int8_t *const output = tile->output + vector * tile->output_stride + row * out_bytes;
      for (int32_t i = 0; i < 2; ++i) qmn_store(output, out_bytes, i, qmn_tile_saturate(sums[vector][i] >> (is_per_channel ? tile->shifts[row + i] : tile->shift), tile->is_relu, out_bytes));
    }
  }
}

#endif

#endif /* QMN_TILE_DSP_H */
