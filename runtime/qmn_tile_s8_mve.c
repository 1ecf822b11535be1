/* SPDX-License-Identifier: Apache-2.0
 * qmn_tile_s8_mve.c   Eight accumulators at a time, four rows and two pixels: six loads for eight times 16 products. VMLADAV takes even registers.
 */
#include "qmn_tile_s8_mve.h"

#include "qmn_mve.h"

#if QMN_HAS_MVE

/* One vector of both patches times one of each of four rows; `a` is "a" to add to the sums, "" to begin them. 56 bytes. */
#define QMN_VECTOR(a)               \
  "vldrb.8 q0, [r3], #16\n"         \
  "vldrb.8 q2, [r1], #16\n"         \
  "vmladav" a ".s8 r0, q0, q2\n"    \
  "vldrb.8 q1, [r9], #16\n"         \
  "vmladav" a ".s8 r8, q1, q2\n"    \
  "vldrb.8 q3, [r1], #16\n"         \
  "vmladav" a ".s8 r2, q0, q3\n"    \
  "vldrb.8 q2, [r1], #16\n"         \
  "vmladav" a ".s8 r10, q1, q3\n"   \
  "vldrb.8 q3, [r1], #16\n"         \
  "vmladav" a ".s8 r4, q0, q2\n"    \
  "vmladav" a ".s8 r12, q1, q2\n"   \
  "vmladav" a ".s8 r6, q0, q3\n"    \
  "vmladav" a ".s8 lr, q1, q3\n"

/* The stack: patches, biases, shift, output_stride, weights_end. r11: where the vectors behind the first begin, in a sequence of four. */
#define QMN_TILE_FUNCTION(name, shift)                                                                     \
  __attribute__((naked)) void name(const qmn_tile_mve *tile __attribute__((unused))) {                     \
    __asm__(                                                                                               \
        "push {r4-r11, lr}\n"                                                                              \
        "vpush {d8-d11}\n"                                                                                 \
        "sub sp, sp, #28\n"                                                                                \
        "ldmia r0!, {r1-r6}\n"                                                                             \
        "stmia sp, {r1-r6}\n"                                                                              \
        "ldmia r0, {r1, r2, r7, r12, lr}\n" /* weights, vectors, output, clip_min, clip_max */            \
        "vdup.32 q4, r12\n"                                                                                \
        "vdup.32 q5, lr\n"                                                                                 \
        "ldr r3, [sp]\n"                                                                                   \
        "add r5, r3, r2, lsl #4\n"                                                                         \
        "adr r11, 3f\n"                                                                                     \
        "subs r2, r2, #1\n"                                                                                \
        "beq 4f\n"                                                                                         \
        "rsb r2, r2, #0\n"                                                                                 \
        "and r2, r2, #3\n"                                                                                 \
        "movs r4, #56\n"                                                                                   \
        "mul r2, r2, r4\n"                                                                                 \
        "adr r11, 2f\n"                                                                                     \
        "add r11, r11, r2\n"                                                                                 \
        "4:\n"                                                                                             \
        "orr r11, r11, #1\n"                                                                                 \
        "1:\n"                                                                                             \
        "ldrd r3, r9, [sp]\n" QMN_VECTOR("")                                                               \
        "bx r11\n"                                                                                          \
        ".p2align 2\n"                                                                                     \
        "2:\n" QMN_VECTOR("a") QMN_VECTOR("a") QMN_VECTOR("a") QMN_VECTOR("a")                             \
        "cmp r3, r5\n"                                                                                     \
        "bne 2b\n"                                                                                         \
        ".p2align 2\n"                                                                                     \
        "3:\n"                                                                                             \
        "vmov q0[2], q0[0], r0, r4\n"                                                                      \
        "vmov q0[3], q0[1], r2, r6\n"                                                                      \
        "vmov q1[2], q1[0], r8, r12\n"                                                                     \
        "vmov q1[3], q1[1], r10, lr\n"                                                                     \
        "ldrd r0, r2, [sp, #8]\n"                                                                          \
        "vldrw.32 q2, [r0], #16\n"                                                                         \
        "vadd.i32 q0, q0, q2\n"                                                                            \
        "vadd.i32 q1, q1, q2\n" shift                                                                      \
        "vmax.s32 q0, q0, q4\n"                                                                            \
        "vmin.s32 q0, q0, q5\n"                                                                            \
        "vmax.s32 q1, q1, q4\n"                                                                            \
        "vmin.s32 q1, q1, q5\n"                                                                            \
        "ldrd r4, r6, [sp, #16]\n"                                                                         \
        "add r4, r4, r7\n"                                                                                \
        "vstrb.32 q0, [r7], #4\n"                                                                         \
        "vstrb.32 q1, [r4]\n"                                                                              \
        "cmp r1, r6\n"                                                                                     \
        "bne 1b\n"                                                                                         \
        "add sp, sp, #28\n"                                                                                \
        "vpop {d8-d11}\n"                                                                                  \
        "pop {r4-r11, pc}\n");                                                                             \
  }
QMN_TILE_FUNCTION(qmn_tile_s8_mve, "str r0, [sp, #8]\n"
                                   "vshl.s32 q0, r2\n"
                                   "vshl.s32 q1, r2\n")
QMN_TILE_FUNCTION(qmn_tile_s8_channels_mve, "vldrb.u32 q3, [r2], #4\n"
                                            "strd r0, r2, [sp, #8]\n"
                                            "vneg.s32 q3, q3\n"
                                            "vshl.s32 q0, q0, q3\n"
                                            "vshl.s32 q1, q1, q3\n")

QMN_INLINE void multiply_row(const qmn_tile_mve *tile, int is_per_channel) {
  const int8_t *weights = tile->weights;
  const int32x4_t clip_min = vdupq_n_s32(tile->clip_min), clip_max = vdupq_n_s32(tile->clip_max);
  for (int32_t row = 0; weights != tile->weights_end; row += 4) {
    const int8_t *patch = tile->patches[0];
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int32_t vector = tile->vectors; vector > 0; --vector, patch += 16, weights += 64) {
      const int8x16_t values = vldrbq_s8(patch);
      sum0 = vmladavaq_s8(sum0, values, vldrbq_s8(weights));
      sum1 = vmladavaq_s8(sum1, values, vldrbq_s8(weights + 16));
      sum2 = vmladavaq_s8(sum2, values, vldrbq_s8(weights + 32));
      sum3 = vmladavaq_s8(sum3, values, vldrbq_s8(weights + 48));
    }
    const int32x4_t products = {sum0, sum1, sum2, sum3};
    int32x4_t sums = vaddq_s32(vldrwq_s32(tile->biases + row), products);
    if (is_per_channel) {
      sums = vshlq_s32(sums, vnegq_s32((int32x4_t)vldrbq_u32(tile->shifts + row)));
    } else {
      sums = vshlq_r_s32(sums, tile->left_shift);
    }
    vstrbq_s32(tile->output + row, vminq_s32(vmaxq_s32(sums, clip_min), clip_max));
  }
}

void qmn_rows_s8_mve(const qmn_tile_mve *tile) { multiply_row(tile, 0); }
void qmn_rows_s8_channels_mve(const qmn_tile_mve *tile) { multiply_row(tile, 1); }

#else

static void multiply(const qmn_tile_mve *tile, int32_t patch_count, int is_per_channel) {
  const int8_t *weights = tile->weights;
  for (int32_t row = 0; weights != tile->weights_end; row += 4, weights += 64 * tile->vectors) {
    for (int32_t patch = 0; patch < patch_count; ++patch) {
      for (int32_t i = 0; i < 4; ++i) {
        int32_t sum = tile->biases[row + i];
        for (int32_t at = 0; at < 16 * tile->vectors; ++at) sum += tile->patches[patch][at] * weights[(at & ~15) * 4 + 16 * i + (at & 15)];
        sum >>= is_per_channel ? tile->shifts[row + i] : -tile->left_shift;
        tile->output[patch * tile->output_stride + row + i] = qmn_clip(sum, tile->clip_min, tile->clip_max);
      }
    }
  }
}

void qmn_tile_s8_mve(const qmn_tile_mve *tile) { multiply(tile, 2, 0); }
void qmn_tile_s8_channels_mve(const qmn_tile_mve *tile) { multiply(tile, 2, 1); }
void qmn_rows_s8_mve(const qmn_tile_mve *tile) { multiply(tile, 1, 0); }
void qmn_rows_s8_channels_mve(const qmn_tile_mve *tile) { multiply(tile, 1, 1); }

#endif
