# SPDX-License-Identifier: Apache-2.0
# q7_cases.py FOLDER_OF_Q7MODEL: random cases of the q7 kernels by the numpy model, a line each:
#   name, parameters | input | weights | bias | output
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import q7model

random = np.random.RandomState(7)


def draw(*shape):
    return random.randint(-128, 128, shape).astype(np.int8)


def line(name, parameters, *arrays):
    print(name, *parameters, *["| " + " ".join(str(v) for v in a.flatten()) for a in arrays])


def axis(kernel):
    """input, output, stride, padding"""
    stride, pad, size = random.randint(1, 4), random.randint(0, kernel), random.randint(kernel, 9)
    return size, (size + pad + random.randint(0, kernel) - kernel) // stride + 1, stride, pad


for _ in range(120):
    kh, kw = random.randint(1, 5), random.randint(1, 5)
    (h, oh, sh, ph), (w, ow, sw, pw) = axis(kh), axis(kw)
    c, o, bs, os = random.randint(1, 9), random.randint(1, 9), random.randint(0, 8), random.randint(0, 14)
    x, weights, b = draw(h, w, c), draw(o, kh, kw, c), draw(o)
    line("conv", (h, w, c, oh, ow, o, kh, kw, sh, sw, ph, pw, bs, os), x, weights, b, q7model.conv(x, weights, b, bs, os, pw, ph, sw, sh, ow, oh))
    if kh * kw > 1:
        weights, b = draw(kh, kw, c), draw(c)
        line("depthwise", (h, w, c, oh, ow, c, kh, kw, sh, sw, ph, pw, bs, os), x, weights, b, q7model.dw(x, weights, b, bs, os, pw, ph, sw, sh, ow, oh))
    rows, columns = random.randint(1, 14), random.randint(4, 30)
    x, weights, b = draw(columns), draw(rows, columns), draw(rows)
    line("fully_connected", (1, 1, columns, 1, 1, rows, 1, 1, 1, 1, 0, 0, bs, os), x, q7model.opt_weights(weights), b, q7model.fc(x, weights, b, bs, os))
    x, weights = draw(columns), draw(columns)
    line("mult", (1, 1, columns, 1, 1, columns, 1, 1, 1, 1, 0, 0, 0, os), x, weights, draw(1), q7model.mult7(x, weights, os))
