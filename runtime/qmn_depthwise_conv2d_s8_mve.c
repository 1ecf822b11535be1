/* SPDX-License-Identifier: Apache-2.0
 * qmn_depthwise_conv2d_s8_mve.c   Equals qmn_depthwise_conv2d_s8_ref and its form by channels bit for bit, for out_c = in_c and dilations of 1.
 * Eight channels at a time are taken apart into planes in the scratch, with their padding, so that they may overwrite themselves in place: then a
 * row of a window, or all of a small one, is a vector, and VMLADAV adds up its products. Weights are reordered at export: [channel][ky][kx].
 */
#include "qmn_kernels_mve.h"

#include "qmn_mve.h"

#define QMN_PLANES 8

typedef struct planes {
  int8_t *values;         /* QMN_PLANES of them */
  int32_t bytes, pitch;   /* of a plane; of a row */
  uint16_t *places;       /* narrow windows: where each result of a plane lies in the output, plus 1; 0 for none */
  int32_t place_count;    /* a multiple of 8 */
  int8_t *weights;        /* vectors of the channel at hand: one, or one for each row of the window */
} planes;

static planes lay_out(const qmn_conv2d *layer, void *scratch) {
  planes to;
  const int32_t rows = QMN_DEPTHWISE_S8_MVE_ROWS(layer->in_h, layer->out_h, layer->stride_h, layer->kernel_h, layer->pad_top);
  to.pitch = QMN_DEPTHWISE_S8_MVE_PITCH(layer->in_w, layer->out_w, layer->stride_w, layer->kernel_w, layer->pad_left);
  to.bytes = QMN_DEPTHWISE_S8_MVE_PLANE_BYTES(rows, to.pitch);
  to.values = scratch;
  to.places = (uint16_t *)(void *)(to.values + QMN_PLANES * to.bytes);
  to.place_count = ((layer->out_h - 1) * to.pitch + layer->out_w + 7) & ~7;
  to.weights = (int8_t *)(to.places + QMN_MVE_WHOLE_VECTORS(layer->out_h * to.pitch));
  qmn_zero_vectors(to.values, QMN_PLANES * to.bytes / QMN_VECTOR_BYTES);
  return to;
}

/* `count` <= 8 channels of the image, each into its plane; the padding stays 0. */
static void take_apart(const qmn_conv2d *layer, const int8_t *input, int32_t count, const planes *to) {
  int8_t *line = to->values + layer->pad_top * to->pitch + layer->pad_left;
#if QMN_HAS_MVE
  const mve_pred16_t inside = vctp16q((uint32_t)count);
  const uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)to->bytes);
  for (int32_t y = layer->in_h; y > 0; --y, line += to->pitch) {
    int8_t *at = line;
    for (int32_t x = layer->in_w; x > 0; --x, input += layer->in_c, ++at) {
      vstrbq_scatter_offset_p_s16(at, offsets, vldrbq_z_s16(input, inside), inside);
    }
  }
#else
  for (int32_t y = 0; y < layer->in_h; ++y, line += to->pitch) {
    for (int32_t x = 0; x < layer->in_w; ++x, input += layer->in_c) {
      for (int32_t c = 0; c < count; ++c) line[c * to->bytes + x] = input[c];
    }
  }
#endif
}

/* What a channel adds to its sums, how it shifts them, and where they go. The order is known to the assembly. */
typedef struct channel_work {
  const int8_t *plane;
  const int8_t *weights;
  const uint16_t *places;
  int32_t clip_min;
  const uint16_t *places_end;
  int32_t clip_max;
  int8_t *output; /* narrow windows: one byte before the channel's first pixel */
  int32_t bias;
  int32_t left_shift; /* minus the shift */
} channel_work;

static channel_work work_of(const qmn_conv2d *layer, int is_per_channel, const planes *from, int32_t plane, int32_t channel, int8_t *output) {
  channel_work work = {.plane = from->values + plane * from->bytes,
                       .weights = from->weights,
                       .places = from->places,
                       .clip_min = layer->epilogue.clip_min,
                       .places_end = from->places + from->place_count,
                       .clip_max = layer->epilogue.clip_max,
                       .output = output + channel,
                       .bias = layer->bias.s32[channel],
                       .left_shift = -(is_per_channel ? layer->epilogue.out_shifts[channel] : layer->epilogue.out_shift)};
  return work;
}

/* ---- A whole window in one vector ---- */

/* Windows begin at all places of the plane in turn; results that are of no window, between two rows, go nowhere. */
static void find_places(const qmn_conv2d *layer, const planes *to) {
  int32_t at = 0, place = 1;
  for (int32_t y = 0; y < layer->out_h; ++y) {
    for (int32_t x = 0; x < layer->out_w; ++x, place += layer->out_c) to->places[at++] = (uint16_t)place;
    for (int32_t x = layer->out_w; x < to->pitch && at < to->place_count; ++x) to->places[at++] = 0;
  }
  for (; at < to->place_count; ++at) to->places[at] = 0;
}

/* Value ky * pitch + kx of the vector is the weight of that tap, others are 0. */
static void spread_weights(const qmn_conv2d *layer, const int8_t *weights, const planes *to) {
  for (int32_t ky = 0; ky < layer->kernel_h; ++ky) {
    for (int32_t kx = 0; kx < layer->kernel_w; ++kx) to->weights[ky * to->pitch + kx] = *weights++;
  }
}

#if QMN_HAS_MVE
#define QMN_WINDOW(q, sum)        \
  "vldrb.8 " q ", [r1], #1\n"     \
  "vmladav.s8 " sum ", q0, " q "\n"
__attribute__((naked, used)) static void convolve_narrow(const channel_work *work __attribute__((unused))) {
  __asm__(
      "push {r4-r11, lr}\n"
      "vpush {d8-d11}\n"
      "ldmia r0, {r1-r7, r9, r11}\n"
      "vldrb.8 q0, [r2]\n"
      "vdup.16 q4, r4\n"
      "vdup.16 q5, r6\n"
      "1:\n"
      QMN_WINDOW("q1", "r0") QMN_WINDOW("q2", "r2") QMN_WINDOW("q1", "r4") QMN_WINDOW("q2", "r6")
      QMN_WINDOW("q1", "r8") QMN_WINDOW("q2", "r10") QMN_WINDOW("q1", "r12") QMN_WINDOW("q2", "lr")
      /* even results, odd results */
      "vmov q1[2], q1[0], r0, r8\n"
      "vmov q1[3], q1[1], r4, r12\n"
      "vmov q2[2], q2[0], r2, r10\n"
      "vmov q2[3], q2[1], r6, lr\n"
      "vldrh.16 q3, [r3], #16\n"
      "vadd.i32 q1, q1, r9\n"
      "vadd.i32 q2, q2, r9\n"
      "vshl.s32 q1, r11\n"
      "vshl.s32 q2, r11\n"
      /* saturating to int16 first changes nothing: the bounds of the clip are int8 */
      "vqmovnb.s32 q1, q1\n"
      "vqmovnt.s32 q1, q2\n"
      "vmax.s16 q1, q1, q4\n"
      "vmin.s16 q1, q1, q5\n"
      "vpt.i16 ne, q3, zr\n"
      "vstrbt.16 q1, [r7, q3]\n"
      "cmp r3, r5\n"
      "bne 1b\n"
      "vpop {d8-d11}\n"
      "pop {r4-r11, pc}\n");
}
#else
static void convolve_narrow(const channel_work *work) {
  const int8_t *window = work->plane;
  for (const uint16_t *place = work->places; place < work->places_end; ++place, ++window) {
    int32_t sum = work->bias;
    for (int32_t i = 0; i < QMN_VECTOR_BYTES; ++i) sum += window[i] * work->weights[i];
    if (*place) work->output[*place] = qmn_clip(sum >> -work->left_shift, work->clip_min, work->clip_max);
  }
}
#endif

/* ---- A row of a window in one vector ---- */

static void spread_rows(const qmn_conv2d *layer, const int8_t *weights, const planes *to) {
  for (int32_t ky = 0; ky < layer->kernel_h; ++ky) {
    for (int32_t kx = 0; kx < layer->kernel_w; ++kx) to->weights[ky * QMN_VECTOR_BYTES + kx] = *weights++;
  }
}

static void convolve_any(const qmn_conv2d *layer, const channel_work *work, int32_t pitch) {
  int8_t *output = work->output;
  for (int32_t y = 0; y < layer->out_h; ++y) {
    const int8_t *window = work->plane + y * layer->stride_h * pitch;
    for (int32_t x = 0; x < layer->out_w; ++x, window += layer->stride_w, output += layer->out_c) {
      int32_t sum = work->bias;
      const int8_t *row = window, *weights = work->weights;
      for (int32_t ky = 0; ky < layer->kernel_h; ++ky, row += pitch, weights += QMN_VECTOR_BYTES) {
#if QMN_HAS_MVE
        sum = vmladavaq_s8(sum, vldrbq_s8(row), vldrbq_s8(weights));
#else
        for (int32_t i = 0; i < QMN_VECTOR_BYTES; ++i) sum += row[i] * weights[i];
#endif
      }
      *output = qmn_clip(sum >> -work->left_shift, work->clip_min, work->clip_max);
    }
  }
}

QMN_INLINE void convolve(const qmn_conv2d *layer, int is_narrow, int is_per_channel, const int8_t *input, int8_t *output, void *scratch) {
  const planes to = lay_out(layer, scratch);
  const int32_t taps = layer->kernel_h * layer->kernel_w;
  qmn_zero_vectors(to.weights, is_narrow ? 1 : layer->kernel_h);
  if (is_narrow) find_places(layer, &to);
  for (int32_t first = 0; first < layer->out_c; first += QMN_PLANES) {
    const int32_t count = layer->out_c - first < QMN_PLANES ? layer->out_c - first : QMN_PLANES;
    take_apart(layer, input + first, count, &to);
    for (int32_t plane = 0; plane < count; ++plane) {
      const int32_t channel = first + plane;
      (is_narrow ? spread_weights : spread_rows)(layer, layer->weights + channel * taps, &to);
      channel_work work = work_of(layer, is_per_channel, &to, plane, channel, output);
      if (is_narrow) {
        --work.output;
        convolve_narrow(&work);
      } else {
        convolve_any(layer, &work, to.pitch);
      }
    }
  }
}

void qmn_depthwise_conv2d_s8_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch) {
  convolve(layer, 0, 0, input, output, scratch);
}
void qmn_depthwise_conv2d_s8_channels_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch) {
  convolve(layer, 0, 1, input, output, scratch);
}
void qmn_depthwise_conv2d_s8_narrow_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch) {
  convolve(layer, 1, 0, input, output, scratch);
}
void qmn_depthwise_conv2d_s8_narrow_channels_mve(const qmn_conv2d *layer, const int8_t *input, int8_t *output, void *scratch) {
  convolve(layer, 1, 1, input, output, scratch);
}
