# SPDX-License-Identifier: Apache-2.0
"""check_weights_header.py weights.h weights.json: every #define of weights.h equals the classic formula on the float parameters.

  int_bits = ceil(log2(max|w|)), frac_bits = 7 - int_bits, raw = clip(floor(w * 2^frac_bits + 0.5), -128, 127)
"""
import json
import re
import sys

import numpy as np


def in_device_order(parameter):
    w = np.array(parameter["data"], dtype=np.float32).reshape(parameter["shape"])
    if parameter["layout"] == "conv":  # [out][in][ky][kx] -> [out][ky][kx][in]
        return w.transpose(0, 2, 3, 1)
    if parameter["layout"] == "depthwise":  # [channel][1][ky][kx] -> [ky][kx][channel]
        return w[:, 0].transpose(1, 2, 0)
    if parameter["layout"] == "fully_connected" and parameter["map"]:  # columns C,H,W -> H,W,C
        c, h, width = parameter["map"]
        return w.reshape(-1, c, h, width).transpose(0, 2, 3, 1)
    return w


def quantize(w):
    largest = max(abs(float(w.min())), abs(float(w.max())))
    frac_bits = 7 - (int(np.ceil(np.log2(largest))) if largest > 0 else 0)
    return frac_bits, np.clip(np.floor(w.astype(np.float64) * 2.0**frac_bits + 0.5), -128, 127).astype(int).flatten().tolist()


header = open(sys.argv[1]).read()
lists = {name: [int(v) for v in values.split(",")] for name, values in re.findall(r"#define (\w+) \{([^}]*)\}", header)}
frac_bits = {name: int(value) for name, value in re.findall(r"#define (\w+)_FRAC_BITS \(?(-?\d+)", header)}
expected = json.load(open(sys.argv[2]))
assert set(lists) == set(expected), (sorted(lists), sorted(expected))
for name, parameter in expected.items():
    bits, raw = quantize(in_device_order(parameter))
    assert frac_bits[name] == bits, (name, frac_bits[name], bits)
    assert lists[name] == raw, (name, [(i, a, b) for i, (a, b) in enumerate(zip(lists[name], raw)) if a != b][:5])
print(f"{len(expected)} parameters equal")
