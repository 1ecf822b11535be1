/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_s8_dsp.c   Equals qmn_depthwise_conv2d_s8_ref bit for bit, for out_c = in_c and dilations of 1. Channel by channel: the
 * channel is widened into the scratch, with its padding, so that it may overwrite itself in place.
 *
 * The scratch holds the channel column by column, so that SMLAD takes two rows of a column at once. Weights are reordered at export: int16, two
 * rows of a column in a word, [channel][kx][words]. 3x3 with stride 1: (w0, w1), (w1, w2), and two output pixels, one above the other, at a
 * time. Anything else: (w0, w1), (w2, w3), ..., filled up with a zero.
 */
#include "qmn_kernels_dsp.h"

#include "qmn_dsp.h"
#include "qmn_internal.h"

typedef struct plane {
  int16_t *values;
  int32_t width, height; /* columns; values of a column */
} plane;

/* The interior of the plane; what lies around it stays 0. Rows and columns that no window reads have no place in it. */
static inline void widen(const qmn_conv2d *layer, const int8_t *input, const plane *to) {
  const int32_t rows = layer->pad_top + layer->in_h < to->height ? layer->in_h : to->height - layer->pad_top;
  const int32_t columns = layer->pad_left + layer->in_w < to->width ? layer->in_w : to->width - layer->pad_left;
  const int32_t step = layer->in_w * layer->in_c;
  int16_t *at = to->values + layer->pad_left * to->height + layer->pad_top;
  for (int32_t x = 0; x < columns; ++x, input += layer->in_c, at += to->height) {
    const int8_t *from = input;
    int16_t *value = at;
    int32_t left = rows;
    for (; left >= 4; left -= 4, value += 4) {
      value[0] = *from, from += step;
      value[1] = *from, from += step;
      value[2] = *from, from += step;
      value[3] = *from, from += step;
    }
    for (; left > 0; --left, from += step) *value++ = *from;
  }
}

/* A column of output pixels, 3x3 with stride 1. */
typedef struct column {
  const int16_t *inputs; /* the leftmost of three columns */
  int8_t *output;
  int32_t height;        /* of a column of the plane */
  int32_t row_step;      /* between two rows of the output */
  int32_t bias, shift;
  int32_t pairs;         /* of output rows */
  int32_t has_single;    /* one more row */
} column;

#if QMN_HAS_DSP
/* Three columns of inputs r0, r1, r2; output r3; weights r4 ... r9; sums r10 and r11; inputs r12 and lr. With (p0, p1) and (p2, p3) of a column:
 * r10 += p0 w0 + p1 w1 + p2 w2, r11 += p1 w0 + p2 w1 + p3 w2. On the stack: 0 bias, 4 shift, 8 pairs left, 12 row_step, 16 has_single. */
#define QMN_COLUMN(inputs, w01, w12)     \
  "ldrd r12, lr, [" inputs "], #4\n"     \
  "smlad r10, r12, " w01 ", r10\n"       \
  "smlatb r11, r12, " w01 ", r11\n"      \
  "smlabt r10, lr, " w12 ", r10\n"       \
  "smlad r11, lr, " w12 ", r11\n"
#define QMN_SUMS                         \
  "ldr r10, [sp]\n"                      \
  "mov r11, r10\n"                       \
  QMN_COLUMN("r0", "r4", "r5")           \
  QMN_COLUMN("r1", "r6", "r7")           \
  QMN_COLUMN("r2", "r8", "r9")           \
  "ldrd r12, lr, [sp, #4]\n"             \
  "asr r10, r10, r12\n"
#define QMN_COLUMN_FUNCTION(name, saturate_r10, saturate_r11)                                                                             \
  __attribute__((naked, used)) static void name(const column *at __attribute__((unused)), const uint32_t *weights __attribute__((unused))) {    \
    __asm__("push {r4-r11, lr}\n"                                                                                                         \
            "sub sp, sp, #20\n"                                                                                                           \
            "ldrd r2, r3, [r0]\n"                                                                                                         \
            "ldrd r4, r5, [r0, #8]\n"                                                                                                     \
            "ldrd r6, r7, [r0, #16]\n"                                                                                                    \
            "ldrd r8, r9, [r0, #24]\n"                                                                                                    \
            "strd r6, r7, [sp]\n"                                                                                                         \
            "strd r8, r5, [sp, #8]\n"                                                                                                     \
            "str r9, [sp, #16]\n"                                                                                                         \
            "mov r12, r8\n"                                                                                                               \
            "mov r0, r2\n"                                                                                                                \
            "add lr, r0, r4, lsl #1\n"                                                                                                    \
            "add r2, lr, r4, lsl #1\n"                                                                                                    \
            "ldrd r4, r5, [r1]\n"                                                                                                         \
            "ldrd r6, r7, [r1, #8]\n"                                                                                                     \
            "ldrd r8, r9, [r1, #16]\n"                                                                                                    \
            "mov r1, lr\n"                                                                                                                \
            "cmp r12, #0\n"                                                                                                               \
            "beq 2f\n"                                                                                                                    \
            "1:\n" QMN_SUMS                                                                                                               \
            "asr r11, r11, r12\n"                                                                                                         \
            "ldr r12, [sp, #12]\n"                                                                                                        \
            saturate_r10 saturate_r11                                                                                                     \
            "strb r10, [r3]\n"                                                                                                            \
            "strb r11, [r3, r12]\n"                                                                                                       \
            "add r3, r3, r12, lsl #1\n"                                                                                                   \
            "subs lr, lr, #1\n"                                                                                                           \
            "str lr, [sp, #8]\n"                                                                                                          \
            "bne 1b\n"                                                                                                                    \
            "2:\n"                                                                                                                        \
            "ldr r12, [sp, #16]\n"                                                                                                        \
            "cmp r12, #0\n"                                                                                                               \
            "beq 3f\n" QMN_SUMS saturate_r10                                                                                              \
            "strb r10, [r3]\n"                                                                                                            \
            "3:\n"                                                                                                                        \
            "add sp, sp, #20\n"                                                                                                           \
            "pop {r4-r11, pc}\n");                                                                                                        \
  }
QMN_COLUMN_FUNCTION(convolve_column, "ssat r10, #8, r10\n", "ssat r11, #8, r11\n")
QMN_COLUMN_FUNCTION(convolve_column_relu, "usat r10, #7, r10\n", "usat r11, #7, r11\n")
#else
static void convolve_column(const column *at, const uint32_t *weights) {
  for (int32_t y = 0; y < 2 * at->pairs + at->has_single; ++y) {
    int32_t sum = at->bias;
    for (int32_t kx = 0; kx < 3; ++kx) {
      const int16_t *inputs = at->inputs + kx * at->height + y;
      const uint32_t w01 = weights[2 * kx], w12 = weights[2 * kx + 1];
      sum = qmn_add_products(qmn_load_word(inputs), w01, sum) + inputs[2] * ((int32_t)w12 >> 16);
    }
    at->output[y * at->row_step] = qmn_clip(sum >> at->shift, -128, 127);
  }
}
static void convolve_column_relu(const column *at, const uint32_t *weights) {
  convolve_column(at, weights);
  for (int32_t y = 0; y < 2 * at->pairs + at->has_single; ++y) {
    int8_t *const value = at->output + y * at->row_step;
    if (*value < 0) *value = 0;
  }
}
#endif

static void convolve_3x3(const qmn_conv2d *layer, const plane *from, const uint32_t *weights, int32_t bias, int8_t *output) {
  column at = {from->values, output, from->height, layer->out_w * layer->out_c, bias, layer->epilogue.out_shift, layer->out_h >> 1, layer->out_h & 1};
  for (int32_t x = 0; x < layer->out_w; ++x, at.inputs += from->height, at.output += layer->out_c) {
    (layer->epilogue.clip_min >= 0 ? convolve_column_relu : convolve_column)(&at, weights);
  }
  if (layer->epilogue.clip_max == 127 && (layer->epilogue.clip_min == 0 || layer->epilogue.clip_min == -128)) return;
  for (int32_t i = 0; i < layer->out_h * layer->out_w; ++i, output += layer->out_c) *output = qmn_clip(*output, layer->epilogue.clip_min, layer->epilogue.clip_max);
}

static void convolve_any(const qmn_conv2d *layer, const plane *from, const uint32_t *weights, int32_t bias, int8_t *output) {
  const int32_t words = (layer->kernel_h + 1) >> 1;
  for (int32_t y = 0; y < layer->out_h; ++y) {
    for (int32_t x = 0; x < layer->out_w; ++x, output += layer->out_c) {
      const int16_t *values = from->values + x * layer->stride_w * from->height + y * layer->stride_h;
      const uint32_t *weight = weights;
      int32_t sum = bias;
      for (int32_t kx = 0; kx < layer->kernel_w; ++kx, values += from->height) {
        for (int32_t word = 0; word < words; ++word) sum = qmn_add_products(qmn_load_word(values + 2 * word), *weight++, sum);
      }
      *output = qmn_clip(sum >> layer->epilogue.out_shift, layer->epilogue.clip_min, layer->epilogue.clip_max);
    }
  }
}

void qmn_depthwise_conv2d_s8_dsp(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch) {
  const int is_3x3 = layer->kernel_h == 3 && layer->kernel_w == 3 && layer->stride_h == 1 && layer->stride_w == 1;
  const int32_t words = layer->kernel_w * (is_3x3 ? 2 : (layer->kernel_h + 1) >> 1);
  const plane channel = {scratch, QMN_DEPTHWISE_S8_DSP_PLANE_W(layer->out_w, layer->stride_w, layer->kernel_w),
                         QMN_DEPTHWISE_S8_DSP_PLANE_H(layer->out_h, layer->stride_h, layer->kernel_h)};
  const uint32_t *weights = (const uint32_t *)(const void *)layer->weights;
  for (int32_t i = 0; i < channel.width * channel.height; ++i) channel.values[i] = 0;
  for (int32_t c = 0; c < layer->out_c; ++c, weights += words) {
    widen(layer, input + c, &channel);
    if (is_3x3) {
      convolve_3x3(layer, &channel, weights, layer->bias.s32[c], output + c);
    } else {
      convolve_any(layer, &channel, weights, layer->bias.s32[c], output + c);
    }
  }
}
