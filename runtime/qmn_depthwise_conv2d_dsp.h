/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_dsp.h   The body of qmn_depthwise_conv2d_s8_dsp.c and qmn_depthwise_conv2d_s16_dsp.c, for out_c = in_c and dilations of 1.
 * Channel by channel: the channel is widened, or copied where it is int16, into the scratch, with its padding, so that it may overwrite itself in place.
 *
 * The scratch holds the channel column by column, so that SMLAD takes two rows of a column at once. Weights are reordered at export:
 * [channel][kx][ky]; those of a channel are widened into words of two rows, behind the plane. 3x3 with stride 1: (w0, w1), (w1, w2), and two
 * output pixels, one above the other, at a time. Anything else: (w0, w1), (w2, w3), ..., filled up with a zero.
 */
#ifndef QMN_DEPTHWISE_CONV2D_DSP_H
#define QMN_DEPTHWISE_CONV2D_DSP_H

#include "qmn_kernels_dsp.h"

#include "qmn_dsp.h"
#include "qmn_values.h"

typedef struct plane {
  int16_t *values;
  int32_t width, height; /* columns; values of a column */
} plane;

/* `count` values, `step` apart, to neighboring halves. */
#if QMN_HAS_DSP
__attribute__((naked, unused)) static void widen_column(const int8_t *from __attribute__((unused)), int32_t step __attribute__((unused)),
                                                      int32_t count __attribute__((unused)), int16_t *to __attribute__((unused))) {
  __asm__(
      "push {r4-r6, lr}\n"
      "subs r2, r2, #4\n"
      "blt 2f\n"
      "1:\n"
      "ldrsb r4, [r0]\n"
      "ldrsb r5, [r0, r1]\n"
      "add r0, r0, r1, lsl #1\n"
      "ldrsb r6, [r0]\n"
      "ldrsb r12, [r0, r1]\n"
      "add r0, r0, r1, lsl #1\n"
      "strh r4, [r3], #2\n"
      "strh r5, [r3], #2\n"
      "strh r6, [r3], #2\n"
      "strh r12, [r3], #2\n"
      "subs r2, r2, #4\n"
      "bge 1b\n"
      "2:\n"
      "adds r2, r2, #4\n"
      "beq 4f\n"
      "3:\n"
      "ldrsb r4, [r0]\n"
      "add r0, r0, r1\n"
      "strh r4, [r3], #2\n"
      "subs r2, r2, #1\n"
      "bne 3b\n"
      "4:\n"
      "pop {r4-r6, pc}\n");
}
#else
static inline void widen_column(const int8_t *from, int32_t step, int32_t count, int16_t *to) {
  for (int32_t i = 0; i < count; ++i) to[i] = from[i * step];
}
#endif

static inline void copy_column(const int16_t *from, int32_t step, int32_t count, int16_t *to) {
  for (; count > 0; --count, from += step) *to++ = *from;
}

/* The interior of the plane; what lies around it stays 0. Rows and columns that no window reads have no place in it. */
QMN_INLINE void widen(const qmn_conv2d *layer, const void *input, int32_t in_bytes, const plane *to) {
  const int32_t rows = layer->pad_top + layer->in_h < to->height ? layer->in_h : to->height - layer->pad_top;
  const int32_t columns = layer->pad_left + layer->in_w < to->width ? layer->in_w : to->width - layer->pad_left;
  int16_t *at = to->values + layer->pad_left * to->height + layer->pad_top;
  for (int32_t x = 0; x < columns && rows > 0; ++x, input = qmn_at(input, in_bytes, layer->in_c), at += to->height) {
    if (in_bytes == 1) {
      widen_column(input, layer->in_w * layer->in_c, rows, at);
    } else {
      copy_column(input, layer->in_w * layer->in_c, rows, at);
    }
  }
}

static inline uint32_t pair(int32_t low, int32_t high) { return (uint32_t)(uint16_t)low | (uint32_t)high << 16; }

/* The weights of a channel, words as above. */
static inline void widen_weights(const qmn_conv2d *layer, int is_3x3, const int8_t *weights, uint32_t *words) {
  for (int32_t kx = 0; kx < layer->kernel_w; ++kx, weights += layer->kernel_h) {
    if (is_3x3) {
      *words++ = pair(weights[0], weights[1]);
      *words++ = pair(weights[1], weights[2]);
      continue;
    }
    for (int32_t ky = 0; ky < layer->kernel_h; ky += 2) *words++ = pair(weights[ky], ky + 1 < layer->kernel_h ? weights[ky + 1] : 0);
  }
}

/* A channel of output pixels, 3x3 with stride 1. */
typedef struct channel_3x3 {
  const int16_t *inputs;
  int8_t *output;
  int32_t column_bytes;     /* of a column of the plane */
  int32_t pairs_bytes;      /* 4 for each two rows of the output */
  int32_t bias, shift;
  int32_t row_step;         /* bytes between two rows of the output */
  int32_t has_single;       /* a last row without a second */
  int32_t columns;          /* of the output */
  int32_t column_step;      /* bytes between two columns of the output */
} channel_3x3;

#if QMN_HAS_DSP
/* Three columns of inputs r0, r1, r2; output r3; weights r4 ... r9; sums r10 and r11; inputs r12 and lr. With (p0, p1) and (p2, p3) of a column:
 * r10 += p0 w0 + p1 w1 + p2 w2, r11 += p1 w0 + p2 w1 + p3 w2. The struct is copied to the stack; at 40 stands where the pairs of a column end. */
#define QMN_COLUMN(inputs, w01, w12)                                                                                                       \
  "ldrd r12, lr, [" inputs "], #4\n"                                                                                                       \
  "smlad r10, r12, " w01 ", r10\n"                                                                                                         \
  "smlatb r11, r12, " w01 ", r11\n"                                                                                                        \
  "smlabt r10, lr, " w12 ", r10\n"                                                                                                         \
  "smlad r11, lr, " w12 ", r11\n"
#define QMN_SUMS                                                                                                                           \
  "ldr r10, [sp, #16]\n"                                                                                                                   \
  "mov r11, r10\n"                                                                                                                         \
  QMN_COLUMN("r0", "r4", "r5")                                                                                                             \
  QMN_COLUMN("r1", "r6", "r7")                                                                                                             \
  QMN_COLUMN("r2", "r8", "r9")                                                                                                             \
  "ldrd r12, lr, [sp, #20]\n" /* shift, row_step */                                                                                        \
  "asr r10, r10, r12\n"
#define QMN_CHANNEL_FUNCTION(name, saturate, bits, store)                                                                                  \
  __attribute__((naked, unused)) static void name(const channel_3x3 *at __attribute__((unused)), const uint32_t *weights __attribute__((unused))) { \
    __asm__("push {r4-r11, lr}\n"                                                                                                          \
            "sub sp, sp, #44\n"                                                                                                            \
            "ldmia r0, {r2-r11}\n"                                                                                                         \
            "stmia sp, {r2-r11}\n"                                                                                                         \
            "ldmia r1, {r4-r9}\n"                                                                                                          \
            "1:\n"                                                                                                                         \
            "ldrd r0, r3, [sp]\n"                                                                                                          \
            "ldrd r12, lr, [sp, #8]\n"                                                                                                     \
            "add r1, r0, r12\n"                                                                                                            \
            "add r2, r1, r12\n"                                                                                                            \
            "mov r12, lr\n"                                                                                                                \
            "adds lr, lr, r0\n"                                                                                                            \
            "str lr, [sp, #40]\n"                                                                                                          \
            "cmp r12, #0\n"                                                                                                                \
            "beq 3f\n"                                                                                                                     \
            "tst r12, #4\n" /* two pairs at a time, a single one first */                                                                  \
            "bne 5f\n"                                                                                                                     \
            "2:\n" QMN_SUMS                                                                                                                \
            "asr r11, r11, r12\n"                                                                                                          \
            saturate " r10, #" bits ", r10\n" saturate " r11, #" bits ", r11\n"                                                            \
            store " r10, [r3]\n"                                                                                                           \
            store " r11, [r3, lr]\n"                                                                                                       \
            "add r3, r3, lr, lsl #1\n"                                                                                                     \
            "5:\n" QMN_SUMS                                                                                                                \
            "asr r11, r11, r12\n"                                                                                                          \
            saturate " r10, #" bits ", r10\n" saturate " r11, #" bits ", r11\n"                                                            \
            store " r10, [r3]\n"                                                                                                           \
            store " r11, [r3, lr]\n"                                                                                                       \
            "add r3, r3, lr, lsl #1\n"                                                                                                     \
            "ldr r12, [sp, #40]\n"                                                                                                         \
            "cmp r0, r12\n"                                                                                                                \
            "bne 2b\n"                                                                                                                     \
            "3:\n"                                                                                                                         \
            "ldr r12, [sp, #28]\n" /* has_single */                                                                                        \
            "cmp r12, #0\n"                                                                                                                \
            "beq 4f\n" QMN_SUMS saturate " r10, #" bits ", r10\n"                                                                          \
            store " r10, [r3]\n"                                                                                                           \
            "4:\n"                                                                                                                         \
            "ldrd r0, r1, [sp]\n"                                                                                                          \
            "ldrd r2, r3, [sp, #32]\n" /* columns, column_step */                                                                          \
            "ldr r12, [sp, #8]\n"                                                                                                          \
            "add r0, r0, r12\n"                                                                                                            \
            "add r1, r1, r3\n"                                                                                                             \
            "strd r0, r1, [sp]\n"                                                                                                          \
            "subs r2, r2, #1\n"                                                                                                            \
            "str r2, [sp, #32]\n"                                                                                                          \
            "bne 1b\n"                                                                                                                     \
            "add sp, sp, #44\n"                                                                                                            \
            "pop {r4-r11, pc}\n");                                                                                                         \
  }
QMN_CHANNEL_FUNCTION(convolve_channel_s8, "ssat", "8", "strb")
QMN_CHANNEL_FUNCTION(convolve_channel_s8_relu, "usat", "7", "strb")
QMN_CHANNEL_FUNCTION(convolve_channel_s16, "ssat", "16", "strh")
QMN_CHANNEL_FUNCTION(convolve_channel_s16_relu, "usat", "15", "strh")
#else
QMN_INLINE void convolve(const channel_3x3 *at, const uint32_t *weights, int32_t least, int32_t most, int32_t out_bytes) {
  for (int32_t x = 0; x < at->columns; ++x) {
    for (int32_t y = 0; y < at->pairs_bytes / 2 + at->has_single; ++y) {
      int32_t sum = at->bias;
      for (int32_t kx = 0; kx < 3; ++kx) {
        const int16_t *inputs = at->inputs + (x + kx) * (at->column_bytes / 2) + y;
        sum = qmn_add_products(qmn_load_word(inputs), weights[2 * kx], sum) + inputs[2] * ((int32_t)weights[2 * kx + 1] >> 16);
      }
      qmn_store(at->output + x * at->column_step + y * at->row_step, out_bytes, 0, qmn_clip_to(sum >> at->shift, least, most));
    }
  }
}
static inline void convolve_channel_s8(const channel_3x3 *at, const uint32_t *weights) { convolve(at, weights, -128, 127, 1); }
static inline void convolve_channel_s8_relu(const channel_3x3 *at, const uint32_t *weights) { convolve(at, weights, 0, 127, 1); }
static inline void convolve_channel_s16(const channel_3x3 *at, const uint32_t *weights) { convolve(at, weights, -32768, 32767, 2); }
static inline void convolve_channel_s16_relu(const channel_3x3 *at, const uint32_t *weights) { convolve(at, weights, 0, 32767, 2); }
#endif

typedef void (*channel_function)(const channel_3x3 *at, const uint32_t *weights);

QMN_INLINE void convolve_3x3(const qmn_conv2d *layer, channel_function convolve_one, const plane *from, const uint32_t *weights, int32_t bias, int32_t shift,
                             int8_t *output, int32_t out_bytes) {
  const channel_3x3 at = {from->values, output, 2 * from->height, 4 * (layer->out_h >> 1), bias, shift, layer->out_w * layer->out_c * out_bytes,
                          layer->out_h & 1, layer->out_w, layer->out_c * out_bytes};
  convolve_one(&at, weights);
  const int32_t most = out_bytes == 1 ? 127 : 32767;
  if (layer->epilogue.clip_max == most && (layer->epilogue.clip_min == 0 || layer->epilogue.clip_min == -most - 1)) return;
  for (int32_t i = 0; i < layer->out_h * layer->out_w * layer->out_c; i += layer->out_c) {
    qmn_store(output, out_bytes, i, qmn_clip_to(qmn_load(output, out_bytes, i), layer->epilogue.clip_min, layer->epilogue.clip_max));
  }
}

QMN_INLINE void convolve_any(const qmn_conv2d *layer, const plane *from, const uint32_t *weights, int32_t bias, int32_t shift, int8_t *output, int32_t out_bytes) {
  const int32_t words = (layer->kernel_h + 1) >> 1;
  for (int32_t y = 0; y < layer->out_h; ++y) {
    for (int32_t x = 0; x < layer->out_w; ++x, output += layer->out_c * out_bytes) {
      const int16_t *values = from->values + x * layer->stride_w * from->height + y * layer->stride_h;
      const uint32_t *weight = weights;
      int32_t sum = bias;
      for (int32_t kx = 0; kx < layer->kernel_w; ++kx, values += from->height) {
        for (int32_t word = 0; word < words; ++word) sum = qmn_add_products(qmn_load_word(values + 2 * word), *weight++, sum);
      }
      qmn_store(output, out_bytes, 0, qmn_clip_to(sum >> shift, layer->epilogue.clip_min, layer->epilogue.clip_max));
    }
  }
}

/* convolve_one: of a window of 3x3 with stride 1; 0 for any other. */
QMN_INLINE void convolve_channels(const qmn_conv2d *layer, channel_function convolve_one, int is_per_channel, const void *input, int32_t in_bytes, void *output,
                                  int32_t out_bytes, void *scratch) {
  const plane channel = {scratch, QMN_DEPTHWISE_S8_DSP_PLANE_W(layer->out_w, layer->stride_w, layer->kernel_w),
                         QMN_DEPTHWISE_S8_DSP_PLANE_H(layer->out_h, layer->stride_h, layer->kernel_h)};
  uint32_t *const words = (uint32_t *)scratch + channel.width * channel.height / 2;
  const int8_t *weights = layer->weights;
  for (int32_t i = 0; i < channel.width * channel.height; ++i) channel.values[i] = 0;
  for (int32_t c = 0; c < layer->out_c; ++c, weights += layer->kernel_h * layer->kernel_w) {
    const int32_t bias = layer->bias.s32[c], shift = is_per_channel ? layer->epilogue.out_shifts[c] : layer->epilogue.out_shift;
    widen_weights(layer, convolve_one != 0, weights, words);
    int8_t *const out = (int8_t *)output + c * out_bytes;
    widen(layer, qmn_at(input, in_bytes, c), in_bytes, &channel);
    if (convolve_one) {
      convolve_3x3(layer, convolve_one, &channel, words, bias, shift, out, out_bytes);
    } else {
      convolve_any(layer, &channel, words, bias, shift, out, out_bytes);
    }
  }
}

/* A net links what the functions that it calls need. */
#define QMN_DEPTHWISE(name, convolve_one, is_per_channel, type_in, type_out)                                                                  \
  void name(const qmn_conv2d *layer, const type_in *input, type_out *output, void *scratch) {                                                 \
    convolve_channels(layer, convolve_one, is_per_channel, input, (int32_t)sizeof *input, output, (int32_t)sizeof *output, scratch);          \
  }
/* Of a pair of types: any window, 3x3 with stride 1, the same with ReLU; each with one shift and with one for each channel. */
#define QMN_DEPTHWISE_OF_TYPES(types, one, type_in, type_out)                                                                                 \
  QMN_DEPTHWISE(qmn_depthwise_conv2d_##types##_dsp, 0, 0, type_in, type_out)                                                                  \
  QMN_DEPTHWISE(qmn_depthwise_conv2d_##types##_channels_dsp, 0, 1, type_in, type_out)                                                         \
  QMN_DEPTHWISE(qmn_depthwise_conv2d_##types##_3x3_dsp, one, 0, type_in, type_out)                                                            \
  QMN_DEPTHWISE(qmn_depthwise_conv2d_##types##_3x3_channels_dsp, one, 1, type_in, type_out)                                                   \
  QMN_DEPTHWISE(qmn_depthwise_conv2d_##types##_3x3_relu_dsp, one##_relu, 0, type_in, type_out)                                                \
  QMN_DEPTHWISE(qmn_depthwise_conv2d_##types##_3x3_relu_channels_dsp, one##_relu, 1, type_in, type_out)

#endif /* QMN_DEPTHWISE_CONV2D_DSP_H */
