/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_dsp.h   The body of qmn_tile_s8_dsp.c and qmn_tile_s16_dsp.c, which differ in the type of the output.
 * Three vectors and two rows at a time: six sums, in all the registers that there are. A group of four columns takes 20 instructions for
 * 24 products: 1 load and 4 extensions of weights, 3 loads of vectors, 12 SMLAD.
 */
#ifndef QMN_TILE_DSP_H
#define QMN_TILE_DSP_H

#include "qmn_tile_frame_dsp.h"

#if QMN_HAS_DSP

/* r0 weights, r1 patches, r2 ... r7 the sums, r8 ... r11 widened weights, r12 and lr scratch. */
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
        "strd r1, r2, [sp]\n" QMN_TILE_KEEP                                                                            \
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
        "mov r7, r3\n" QMN_TILE_GROUPS(QMN_GROUP) shift_pair QMN_TILE_FINISH(bits, relu_bits, store, bytes, "36"));    \
  }
/* One shift for all rows. */
#define QMN_ONE_SHIFT         \
  "ldr r8, [sp, #32]\n"       \
  "mov r9, r8\n"

#else

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
