/* SPDX-License-Identifier: Apache-2.0
 * qmn_conv2d_ref.h   NORMATIVE, in the functions of qmn_conv2d_s8_ref.c and qmn_conv2d_s16_ref.c (ties up):
 *   out[y][x][o] = clip(round_shift(bias[o] * 2^bias_shift + sum over ky, kx, c of
 *                  in[y * stride_h - pad_top + ky * dilation_h][x * stride_w - pad_left + kx * dilation_w][c] * weights[o][ky][kx][c],
 *                  out_shift), clip_min, clip_max);  taps outside the image count as 0; out_shifts[o] where it is per channel.
 * Pre (proved by lowering): the accumulator stays within int32 for every input; input and output do not overlap.
 */
#ifndef QMN_CONV2D_REF_H
#define QMN_CONV2D_REF_H

#include "qmn_weighted.h"

/* Windows of at most this many values are gathered, so that one dot product serves each output channel; on the stack. */
#define QMN_PATCH_VALUES 256

/* The window as [ky][kx][c], zeros outside the image. */
QMN_INLINE void qmn_gather(const qmn_conv2d* layer, const void* input, int32_t bytes, const qmn_window* at, void* patch) {
  int32_t next = 0;
  for (int32_t ky = 0; ky < layer->kernel_h; ++ky) {
    const int32_t y = at->origin_y + ky * layer->dilation_h;
    for (int32_t kx = 0; kx < layer->kernel_w; ++kx) {
      const int32_t x = at->origin_x + kx * layer->dilation_w;
      const int is_inside = ky >= at->rows.begin && ky < at->rows.end && kx >= at->columns.begin && kx < at->columns.end;
      if (is_inside) {
        const void* pixel = qmn_at(input, bytes, (y * layer->in_w + x) * layer->in_c);
        for (int32_t c = 0; c < layer->in_c; ++c) qmn_store(patch, bytes, next++, qmn_load(pixel, bytes, c));
      } else {
        for (int32_t c = 0; c < layer->in_c; ++c) qmn_store(patch, bytes, next++, 0);
      }
    }
  }
}

/* One output channel's sum over the taps inside the image; neighbouring columns are one contiguous run unless dilated. */
QMN_INLINE int32_t qmn_sum_window(const qmn_conv2d* layer, const void* input, int32_t bytes, const qmn_window* at, const int8_t* weights) {
  const int32_t run = layer->dilation_w == 1 ? at->columns.end - at->columns.begin : 1; /* taps in one dot product */
  int32_t sum = 0;
  for (int32_t ky = at->rows.begin; ky < at->rows.end; ++ky) {
    const int32_t y = at->origin_y + ky * layer->dilation_h;
    for (int32_t kx = at->columns.begin; kx < at->columns.end; kx += run) {
      const int32_t x = at->origin_x + kx * layer->dilation_w;
      sum += qmn_dot(qmn_at(input, bytes, (y * layer->in_w + x) * layer->in_c), bytes, weights + (ky * layer->kernel_w + kx) * layer->in_c,
                     run * layer->in_c);
    }
  }
  return sum;
}

/* patch: room for QMN_PATCH_VALUES values of the input's type. */
QMN_INLINE void qmn_conv2d_body(const qmn_conv2d* layer, const void* input, int32_t in_bytes, void* output, int32_t out_bytes,
                                int is_per_channel, void* patch) {
  const int32_t tap_values = layer->kernel_h * layer->kernel_w * layer->in_c;
  const int is_one_tap = tap_values == layer->in_c;
  int8_t* pixel = output; /* bytes of the output at hand */
  qmn_window at;
  for (int32_t out_y = 0; out_y < layer->out_h; ++out_y) {
    at.origin_y = out_y * layer->stride_h - layer->pad_top;
    at.rows = qmn_taps_inside(at.origin_y, layer->kernel_h, layer->dilation_h, layer->in_h);
    for (int32_t out_x = 0; out_x < layer->out_w; ++out_x) {
      at.origin_x = out_x * layer->stride_w - layer->pad_left;
      at.columns = qmn_taps_inside(at.origin_x, layer->kernel_w, layer->dilation_w, layer->in_w);
      const void* values = 0; /* the whole window in one run, where there is one */
      if (is_one_tap && at.rows.begin < at.rows.end && at.columns.begin < at.columns.end) {
        values = qmn_at(input, in_bytes, (at.origin_y * layer->in_w + at.origin_x) * layer->in_c);
      } else if (tap_values <= QMN_PATCH_VALUES) {
        qmn_gather(layer, input, in_bytes, &at, patch);
        values = patch;
      }
      if (values) {
        qmn_matrix_vector(values, in_bytes, layer->weights, layer->out_c, tap_values, &layer->bias, &layer->epilogue, is_per_channel, pixel,
                          out_bytes);
      } else {
        for (int32_t out_c = 0; out_c < layer->out_c; ++out_c) {
          const int32_t sum = qmn_sum_window(layer, input, in_bytes, &at, layer->weights + out_c * tap_values);
          qmn_finish(qmn_bias_at(&layer->bias, out_c) + sum, &layer->epilogue, is_per_channel, out_c, pixel, out_bytes, out_c);
        }
      }
      pixel += layer->out_c * out_bytes;
    }
  }
}

#define QMN_CONV2D(name, type_in, type_out, is_per_channel)                                                        \
  QMN_KERNEL void name(const qmn_conv2d* layer, const type_in* input, type_out* output) {                          \
    type_in patch[QMN_PATCH_VALUES];                                                                               \
    qmn_conv2d_body(layer, input, (int32_t)sizeof *input, output, (int32_t)sizeof *output, is_per_channel, patch); \
  }

#endif /* QMN_CONV2D_REF_H */
