/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_packed_s8_dsp.c   Three vectors and a pair of rows at a time. A group of four columns takes 18 instructions for 24 products: 1 load
 * and 2 extensions of weights, 3 loads of vectors, 12 SMLAD.
 */
#include "qmn_tile_packed_s8_dsp.h"

#include "qmn_tile_frame_dsp.h"

#if QMN_HAS_DSP

/* r0 weights, r1 patches, r2 ... r7 U and M of the three vectors, r8 r9 weights of both rows, r10 r11 those of the even row, r12 and lr a vector.
 * On the stack: 0 patches, 4 patches_end, 8 where to begin, 12 biases, 16 pairs left, 20 output, 24 output_stride, 28 is_relu, 32 and 36 shifts of
 * even and odd rows (or 32 where they stand), 40 44 48: 128 times the sum of each vector. */
#define QMN_GROUP                                    \
  "ldrd r8, r9, [r0], #8\n"                          \
  "ldrd r12, lr, [r1], #24\n"                        \
  "uxtb16 r10, r8\n"                                 \
  "uxtb16 r11, r9\n"                                 \
  "smlad r2, r12, r10, r2\n"                         \
  "smlad r3, r12, r8, r3\n"                          \
  "smlad r2, lr, r11, r2\n"                          \
  "smlad r3, lr, r9, r3\n"                           \
  "ldrd r12, lr, [r1, #-16]\n"                       \
  "smlad r4, r12, r10, r4\n"                         \
  "smlad r5, r12, r8, r5\n"                          \
  "smlad r4, lr, r11, r4\n"                          \
  "smlad r5, lr, r9, r5\n"                           \
  "ldrd r12, lr, [r1, #-8]\n"                        \
  "smlad r6, r12, r10, r6\n"                         \
  "smlad r7, r12, r8, r7\n"                          \
  "smlad r6, lr, r11, r6\n"                          \
  "smlad r7, lr, r9, r7\n"

/* `odd_shift` puts the shift of odd rows behind that of even ones, once; `shift_pair` brings the shifts of the two rows to r8 and r9. */
#define QMN_TILE_FUNCTION(name, odd_shift, shift_pair)                                                       \
  __attribute__((naked)) void name(const qmn_tile *tile __attribute__((unused))) {                           \
    __asm__(                                                                                                 \
        "push {r4-r11, lr}\n"                                                                                \
        "sub sp, sp, #52\n"                                                                                  \
        "ldrd r1, r2, [r0]\n" /* patches, patches_end */                                                     \
        "strd r1, r2, [sp]\n"                                                                                \
        "mov r10, #0x00800080\n"                                                                             \
        "movs r4, #0\n"                                                                                      \
        "movs r5, #0\n"                                                                                      \
        "movs r6, #0\n"                                                                                      \
        "8:\n"                                                                                               \
        "ldrd r8, r9, [r1], #24\n"                                                                           \
        "smlad r4, r8, r10, r4\n"                                                                            \
        "smlad r4, r9, r10, r4\n"                                                                            \
        "ldrd r8, r9, [r1, #-16]\n"                                                                          \
        "smlad r5, r8, r10, r5\n"                                                                            \
        "smlad r5, r9, r10, r5\n"                                                                            \
        "ldrd r8, r9, [r1, #-8]\n"                                                                           \
        "smlad r6, r8, r10, r6\n"                                                                            \
        "smlad r6, r9, r10, r6\n"                                                                            \
        "cmp r1, r2\n"                                                                                       \
        "bne 8b\n"                                                                                           \
        "strd r4, r5, [sp, #40]\n"                                                                           \
        "str r6, [sp, #48]\n"                                                                                \
        "ldr r1, [sp]\n"                                                                                     \
        QMN_TILE_KEEP                                                                                        \
        odd_shift                                                                                            \
        "str r5, [sp, #32]\n"                                                                                \
        "mov r0, r3\n"                                                                                       \
        "1:\n" /* a pair of rows */                                                                          \
        "ldrd r8, r9, [sp, #40]\n"                                                                           \
        "ldr r10, [sp, #48]\n"                                                                               \
        "ldrd r12, lr, [sp, #8]\n"                                                                           \
        "ldr r1, [sp]\n"                                                                                     \
        "ldrd r2, r7, [lr], #8\n"                                                                            \
        "str lr, [sp, #12]\n"                                                                                \
        "sub r4, r2, r9\n"                                                                                   \
        "sub r6, r2, r10\n"                                                                                  \
        "sub r2, r2, r8\n"                                                                                   \
        "add r3, r2, r7\n"                                                                                   \
        "add r5, r4, r7\n"                                                                                   \
        "add r7, r6, r7\n"                                                                                   \
        QMN_TILE_GROUPS(QMN_GROUP)                                                                           \
        shift_pair                                                                                           \
        "sub r3, r3, r2\n"                                                                                   \
        "sub r5, r5, r4\n"                                                                                   \
        "sub r7, r7, r6\n"                                                                                   \
        QMN_TILE_FINISH("8", "7", "strb", "1", "52"));                                                       \
  }
QMN_TILE_FUNCTION(qmn_tile_packed_s8_dsp,
                  "add r6, r5, #8\n"
                  "str r6, [sp, #36]\n",
                  "ldrd r8, r9, [sp, #32]\n")
QMN_TILE_FUNCTION(qmn_tile_packed_s8_channels_dsp, "", QMN_SHIFT_OF_EACH)

#else

static uint32_t add_products(uint32_t a, uint32_t b, uint32_t sum) { return sum + (uint32_t)qmn_add_products(a, b, 0); }

static void multiply(const qmn_tile *tile, int is_per_channel) {
  const int8_t *weights = tile->weights;
  for (int32_t row = 0; row < 2 * tile->pairs; row += 2) {
    uint32_t even[QMN_TILE_VECTORS], both[QMN_TILE_VECTORS]; /* U and M */
    for (int32_t vector = 0; vector < QMN_TILE_VECTORS; ++vector) {
      even[vector] = (uint32_t)tile->biases[row];
      for (const uint32_t *group = tile->patches + 2 * vector; group < tile->patches_end; group += 2 * QMN_TILE_VECTORS) {
        even[vector] -= add_products(group[0], 0x00800080u, add_products(group[1], 0x00800080u, 0));
      }
      both[vector] = even[vector] + (uint32_t)tile->biases[row + 1];
    }
    for (const uint32_t *group = tile->patches; group < tile->patches_end; group += 2 * QMN_TILE_VECTORS, weights += 8) {
      for (int32_t i = 0; i < 2; ++i) {
        const uint32_t word = qmn_load_word(weights + 4 * i), low_bytes = word & 0x00ff00ffu;
        for (int32_t vector = 0; vector < QMN_TILE_VECTORS; ++vector) {
          even[vector] = add_products(group[2 * vector + i], low_bytes, even[vector]);
          both[vector] = add_products(group[2 * vector + i], word, both[vector]);
        }
      }
    }
    const int32_t even_shift = is_per_channel ? tile->shifts[row] : tile->shift, odd_shift = is_per_channel ? tile->shifts[row + 1] : tile->shift + 8;
    for (int32_t vector = 0; vector < QMN_TILE_VECTORS; ++vector) {
      int8_t *const output = tile->output + vector * tile->output_stride + row;
      output[0] = (int8_t)qmn_tile_saturate((int32_t)even[vector] >> even_shift, tile->is_relu, 1);
      output[1] = (int8_t)qmn_tile_saturate((int32_t)(both[vector] - even[vector]) >> odd_shift, tile->is_relu, 1);
    }
  }
}

void qmn_tile_packed_s8_dsp(const qmn_tile *tile) { multiply(tile, 0); }
void qmn_tile_packed_s8_channels_dsp(const qmn_tile *tile) { multiply(tile, 1); }

#endif
