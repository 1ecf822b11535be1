# SPDX-License-Identifier: Apache-2.0
"""Runs a TFLite model in double, operator by operator, with nothing but numpy: the oracle of the importer, sharing nothing with it.

    python3 tflite_interpreter.py MODEL.tflite IN OUT      float32 inputs in a row (any number of them) → float32 outputs

The file is read by hand: a table is a signed offset back to its vtable, which holds the place of each field (0: absent).
Integer tensors with scales are multiplied out; integer activations are kept real.
"""
import struct
import sys

import numpy as np

TYPES = {0: "<f4", 1: "<f2", 2: "<i4", 3: "u1", 4: "<i8", 6: "u1", 7: "<i2", 9: "i1"}
SIZES = {"b": 1, "B": 1, "i": 4, "I": 4, "f": 4, "q": 8, "?": 1}


class Table:
    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]
        self.size = struct.unpack_from("<H", data, self.vtable)[0]

    def place(self, field):
        slot = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0] if slot < self.size else 0
        return self.at + offset if offset else None

    def scalar(self, field, code, otherwise=0):
        at = self.place(field)
        return otherwise if at is None else struct.unpack_from("<" + code, self.data, at)[0]

    def target(self, field):
        at = self.place(field)
        return None if at is None else at + struct.unpack_from("<I", self.data, at)[0]

    def table(self, field):
        at = self.target(field)
        return None if at is None else Table(self.data, at)

    def numbers(self, field, code):
        at = self.target(field)
        if at is None:
            return []
        count = struct.unpack_from("<I", self.data, at)[0]
        return list(struct.unpack_from("<%d%s" % (count, code), self.data, at + 4))

    def tables(self, field):
        at = self.target(field)
        if at is None:
            return []
        count = struct.unpack_from("<I", self.data, at)[0]
        places = [at + 4 + 4 * i for i in range(count)]
        return [Table(self.data, p + struct.unpack_from("<I", self.data, p)[0]) for p in places]

    def raw(self, field):
        at = self.target(field)
        if at is None:
            return b""
        count = struct.unpack_from("<I", self.data, at)[0]
        return self.data[at + 4:at + 4 + count]


def constant(tensor, buffers):
    raw = buffers[tensor.scalar(2, "I")].raw(0)
    if not raw:
        return None
    kind = tensor.scalar(1, "b")
    value = np.frombuffer(raw, TYPES[kind]).reshape(tensor.numbers(0, "i"))
    quantization = tensor.table(4)
    scales = np.array(quantization.numbers(2, "f"), np.float64) if quantization else np.array([])
    if kind in (0, 1) or not len(scales):
        return value.astype(np.float64) if kind in (0, 1) else value.astype(np.int64)
    zeros = np.array(quantization.numbers(3, "q") or [0] * len(scales), np.float64)
    spread = [1] * value.ndim
    if len(scales) > 1:
        spread[quantization.scalar(6, "i")] = len(scales)
        scales, zeros = scales.reshape(spread), zeros.reshape(spread)
    return scales * (value.astype(np.float64) - zeros)


def padded(x, kernel, stride, dilation, padding, fill):
    pads = []
    for axis in (0, 1):
        span = (kernel[axis] - 1) * dilation[axis] + 1
        size = x.shape[1 + axis]
        total = max((-(-size // stride[axis]) - 1) * stride[axis] + span - size, 0) if padding == 0 else 0
        pads.append((total // 2, total - total // 2))
    return np.pad(x, [(0, 0), pads[0], pads[1], (0, 0)], constant_values=fill)


def taps(x, kernel, stride, dilation):
    """[ky][kx] → the pixels of all windows under that tap."""
    spans = [(kernel[a] - 1) * dilation[a] + 1 for a in (0, 1)]
    counts = [(x.shape[1 + a] - spans[a]) // stride[a] + 1 for a in (0, 1)]
    for ky in range(kernel[0]):
        for kx in range(kernel[1]):
            y, z = ky * dilation[0], kx * dilation[1]
            yield ky, kx, x[:, y:y + (counts[0] - 1) * stride[0] + 1:stride[0], z:z + (counts[1] - 1) * stride[1] + 1:stride[1]]


def activate(x, kind):
    return {0: lambda v: v, 1: lambda v: np.maximum(v, 0), 2: lambda v: np.clip(v, -1, 1), 3: lambda v: np.clip(v, 0, 6), 4: np.tanh}[kind](x)


def convolve(x, w, options, is_depthwise):
    first = 4 if is_depthwise else 3
    stride = options.scalar(2, "i"), options.scalar(1, "i")
    dilation = options.scalar(first + 2, "i", 1), options.scalar(first + 1, "i", 1)
    kernel = w.shape[1:3]
    x = padded(x, kernel, stride, dilation, options.scalar(0, "b"), 0)
    out = 0
    for ky, kx, pixels in taps(x, kernel, stride, dilation):
        if is_depthwise:
            out = out + np.repeat(pixels, w.shape[3] // x.shape[3], axis=3) * w[0, ky, kx]
        elif w.shape[3] == x.shape[3]:
            out = out + pixels @ w[:, ky, kx].T
        else:
            groups = x.shape[3] // w.shape[3]
            parts = [p @ k.T for p, k in zip(np.split(pixels, groups, 3), np.split(w[:, ky, kx], groups, 0))]
            out = out + np.concatenate(parts, 3)
    return out, options.scalar(first, "b")


def pool(x, options, is_max):
    kernel, stride = (options.scalar(4, "i"), options.scalar(3, "i")), (options.scalar(2, "i"), options.scalar(1, "i"))
    padding = options.scalar(0, "b")
    if is_max:
        out = np.max([p for _, _, p in taps(padded(x, kernel, stride, (1, 1), padding, -np.inf), kernel, stride, (1, 1))], axis=0)
    else:
        total = sum(p for _, _, p in taps(padded(x, kernel, stride, (1, 1), padding, 0), kernel, stride, (1, 1)))
        ones = padded(np.ones((1,) + x.shape[1:3] + (1,)), kernel, stride, (1, 1), padding, 0)
        out = total / sum(p for _, _, p in taps(ones, kernel, stride, (1, 1)))
    return activate(out, options.scalar(5, "b"))


def compute(code, values, options):
    scalar = options.scalar if options else lambda field, kind, otherwise=0: otherwise
    if code in (0, 18, 41, 42, 55, 57):
        out = {0: np.add, 18: np.multiply, 41: np.subtract, 42: np.divide, 55: np.maximum, 57: np.minimum}[code](values[0], values[1])
        return activate(out, scalar(0, "b") if code < 50 else 0)
    if code in (1, 17):
        return pool(values[0], options, code == 17)
    if code == 2:
        return activate(np.concatenate(values, options.scalar(0, "i")), options.scalar(1, "b"))
    if code in (3, 4):
        out, kind = convolve(values[0], values[1], options, code == 4)
        return activate(out if values[2] is None else out + values[2], kind)
    if code in (6, 114):
        return values[0]
    if code == 9:
        out = values[0].reshape(-1, values[1].shape[1]) @ values[1].T
        return activate(out if values[2] is None else out + values[2], scalar(0, "b"))
    if code == 14:
        return 1 / (1 + np.exp(-values[0]))
    if code == 19:
        return activate(values[0], 1)
    if code == 21:
        return activate(values[0], 3)
    if code == 22:
        return values[0].reshape([int(v) for v in (values[1] if len(values) > 1 else options.numbers(0, "i"))])
    if code == 25:
        e = np.exp(scalar(0, "f") * (values[0] - values[0].max(-1, keepdims=True)))
        return e / e.sum(-1, keepdims=True)
    if code == 28:
        return np.tanh(values[0])
    if code == 34:
        return np.pad(values[0], [tuple(int(v) for v in pair) for pair in values[1]])
    if code == 39:
        return np.transpose(values[0], [int(v) for v in values[1]])
    if code == 40:
        return values[0].mean(tuple(int(v) for v in np.ravel(values[1])), keepdims=bool(scalar(0, "?", False)))
    if code == 43:
        return np.squeeze(values[0], tuple(options.numbers(0, "i")) or None)
    if code == 65:
        begin, size = values[1], values[2]
        return values[0][tuple(slice(int(b), None if s < 0 else int(b + s)) for b, s in zip(begin, size))]
    raise SystemExit("operator %d" % code)


def run(data, x):
    model = Table(data, struct.unpack_from("<I", data, 0)[0])
    codes = [max(c.scalar(0, "b"), c.scalar(3, "i")) for c in model.tables(1)]
    graph, buffers = model.tables(2)[0], model.tables(4)
    tensors = graph.tables(0)
    values = {i: constant(t, buffers) for i, t in enumerate(tensors)}
    source = graph.numbers(1, "i")[0]
    shape = tensors[source].numbers(0, "i")
    outputs = []
    for row in x.reshape([-1] + shape[1:]):
        values[source] = row[None].astype(np.float64)
        for op in graph.tables(3):
            inputs = [None if i < 0 else values[i] for i in op.numbers(1, "i")]
            code = codes[op.scalar(0, "I")]
            if code in (3, 4, 9) and len(inputs) < 3:
                inputs.append(None)
            values[op.numbers(2, "i")[0]] = compute(code, inputs, op.table(4))
        outputs.append(values[graph.numbers(2, "i")[0]].ravel())
    return np.array(outputs)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as handle:
        contents = handle.read()
    run(contents, np.fromfile(sys.argv[2], "<f4")).astype("<f4").tofile(sys.argv[3])
