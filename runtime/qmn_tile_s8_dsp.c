/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s8_dsp.c   Three vectors and two rows at a time: six sums, in all the registers that there are. A group of four columns takes
 * 20 instructions for 24 products: 1 load and 4 extensions of weights, 3 loads of vectors, 12 SMLAD.
 */
#include "qmn_tile_s8_dsp.h"

#include "qmn_dsp.h"

#if QMN_HAS_DSP

/* r0 weights, r1 patches, r2 ... r7 the sums (vector 0 row 0, vector 0 row 1, vector 1 row 0, ...), r8 ... r11 widened weights, r12 and lr
 * scratch. On the stack: 0 patches, 4 patches_end, 8 where to begin, 12 biases, 16 pairs left, 20 output, 24 output_stride, 28 is_relu, 32 shift
 * or shifts. */
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

/* `shift_pair` brings the shifts of the two rows to r8 and r9. */
#define QMN_TILE_FUNCTION(name, shift_pair)                                                                  \
  __attribute__((naked)) void name(const qmn_tile *tile __attribute__((unused))) {                           \
    __asm__(                                                                                                 \
        "push {r4-r11, lr}\n"                                                                                \
        "sub sp, sp, #36\n"                                                                                  \
        "ldrd r1, r2, [r0]\n" /* patches, patches_end */                                                     \
        "strd r1, r2, [sp]\n"                                                                                \
        "subs r2, r2, r1\n" /* 24 bytes a group: groups modulo 8 tell where in eight groups to begin */       \
        "ubfx r2, r2, #3, #3\n"                                                                              \
        "ldrd r3, r4, [r0, #8]\n" /* weights, biases */                                                      \
        "strd r2, r4, [sp, #8]\n"                                                                            \
        "ldrd r5, r6, [r0, #16]\n" /* pairs, output */                                                       \
        "strd r5, r6, [sp, #16]\n"                                                                           \
        "ldrd r5, r6, [r0, #24]\n" /* output_stride, is_relu */                                              \
        "strd r5, r6, [sp, #24]\n"                                                                           \
        "ldr r5, [r0, #32]\n" /* shift or shifts */                                                          \
        "str r5, [sp, #32]\n"                                                                                \
        "mov r0, r3\n"                                                                                       \
        "1:\n" /* a pair of rows */                                                                          \
        "ldrd r12, lr, [sp, #8]\n"                                                                           \
        "ldr r1, [sp]\n"                                                                                     \
        "ldrd r2, r3, [lr], #8\n"                                                                            \
        "str lr, [sp, #12]\n"                                                                                \
        "mov r4, r2\n"                                                                                       \
        "mov r5, r3\n"                                                                                       \
        "mov r6, r2\n"                                                                                       \
        "mov r7, r3\n"                                                                                       \
        "tbh [pc, r12, lsl #1]\n"                                                                        \
        /* 3 * groups modulo 8 = 0 ... 7: 0, 3, 6, 1, 4, 7, 2, 5 groups first */                               \
        "7: .hword (20f - 7b) / 2, (25f - 7b) / 2, (22f - 7b) / 2, (27f - 7b) / 2\n"                           \
        ".hword (24f - 7b) / 2, (21f - 7b) / 2, (26f - 7b) / 2, (23f - 7b) / 2\n"                              \
        "20:\n" QMN_GROUP                                                                                    \
        "21:\n" QMN_GROUP                                                                                    \
        "22:\n" QMN_GROUP                                                                                    \
        "23:\n" QMN_GROUP                                                                                    \
        "24:\n" QMN_GROUP                                                                                    \
        "25:\n" QMN_GROUP                                                                                    \
        "26:\n" QMN_GROUP                                                                                    \
        "27:\n" QMN_GROUP                                                                                    \
        "ldr r12, [sp, #4]\n"                                                                                \
        "cmp r1, r12\n"                                                                                      \
        "bne 20b\n"                                                                                          \
        shift_pair                                                                                           \
        "asr r2, r2, r8\n"                                                                                   \
        "asr r3, r3, r9\n"                                                                                   \
        "asr r4, r4, r8\n"                                                                                   \
        "asr r5, r5, r9\n"                                                                                   \
        "asr r6, r6, r8\n"                                                                                   \
        "asr r7, r7, r9\n"                                                                                   \
        "ldrd r10, r11, [sp, #16]\n" /* pairs left, output */                                                \
        "ldrd lr, r12, [sp, #24]\n"  /* output_stride, is_relu */                                            \
        "cmp r12, #0\n"                                                                                      \
        "beq 5f\n"                                                                                           \
        "usat r2, #7, r2\n"                                                                                  \
        "usat r3, #7, r3\n"                                                                                  \
        "usat r4, #7, r4\n"                                                                                  \
        "usat r5, #7, r5\n"                                                                                  \
        "usat r6, #7, r6\n"                                                                                  \
        "usat r7, #7, r7\n"                                                                                  \
        "6:\n"                                                                                               \
        "strb r4, [r11, lr]\n"                                                                               \
        "strb r6, [r11, lr, lsl #1]\n"                                                                       \
        "strb r2, [r11], #1\n"                                                                               \
        "strb r5, [r11, lr]\n"                                                                               \
        "strb r7, [r11, lr, lsl #1]\n"                                                                       \
        "strb r3, [r11], #1\n"                                                                               \
        "subs r10, r10, #1\n"                                                                                \
        "strd r10, r11, [sp, #16]\n"                                                                         \
        "bne 1b\n"                                                                                           \
        "add sp, sp, #36\n"                                                                                  \
        "pop {r4-r11, pc}\n"                                                                                 \
        "5:\n"                                                                                               \
        "ssat r2, #8, r2\n"                                                                                  \
        "ssat r3, #8, r3\n"                                                                                  \
        "ssat r4, #8, r4\n"                                                                                  \
        "ssat r5, #8, r5\n"                                                                                  \
        "ssat r6, #8, r6\n"                                                                                  \
        "ssat r7, #8, r7\n"                                                                                  \
        "b 6b\n");                                                                                           \
  }
QMN_TILE_FUNCTION(qmn_tile_s8_dsp, "ldr r8, [sp, #32]\n"
                                   "mov r9, r8\n")
QMN_TILE_FUNCTION(qmn_tile_s8_channels_dsp, "ldr r12, [sp, #32]\n"
                                            "ldrb r9, [r12, #1]\n"
                                            "ldrb r8, [r12], #2\n"
                                            "str r12, [sp, #32]\n")

#else

static int8_t saturate(int32_t value, int32_t is_relu) {
  const int32_t least = is_relu ? 0 : -128;
  return (int8_t)(value < least ? least : value > 127 ? 127 : value);
}

static void multiply(const qmn_tile *tile, int is_per_channel) {
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
      for (int32_t i = 0; i < 2; ++i) output[i] = saturate(sums[vector][i] >> (is_per_channel ? tile->shifts[row + i] : tile->shift), tile->is_relu);
    }
  }
}

void qmn_tile_s8_dsp(const qmn_tile *tile) { multiply(tile, 0); }
void qmn_tile_s8_channels_dsp(const qmn_tile *tile) { multiply(tile, 1); }

#endif
