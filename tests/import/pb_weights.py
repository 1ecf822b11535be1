# SPDX-License-Identifier: Apache-2.0
"""pb_weights.py ORACLE MODEL.pb weights.h: every list of weights.h equals the classic formula on the graph's own parameters, in their order.

  batch norm    g = gamma / sqrt(variance + epsilon)   w' = w g   b' = (b - mean) g + beta      (in double, kept as float32)
  format        int_bits = ceil(log2(max|w|)), frac_bits = 7 - int_bits
  raw           clip(floor(w 2^frac_bits + 0.5), -128, 127)
  order         convolution [ky][kx][in][out] -> [out][ky][kx][in], depthwise [ky][kx][channel] as it is, fully connected [in][out] -> [out][in]
"""
import re
import sys

sys.path.insert(0, sys.argv[1])
import numpy as np  # noqa: E402
import tf_graph  # noqa: E402

nodes = {node.name: node for node in tf_graph.load(sys.argv[2])}


def source(reference):
    node = nodes[tf_graph.base(reference)]
    return source(node.inputs[0]) if node.op == "Identity" else node


def constant(reference):
    node = source(reference)
    return node.attrs["value"].astype(np.float64) if node.op == "Const" else None


def users(name):
    return [node for node in nodes.values() if any(tf_graph.base(one) == name for one in node.inputs)]


def quantize(array):
    largest = max(abs(float(array.min())), abs(float(array.max())))
    frac_bits = 7 - (int(np.ceil(np.log2(largest))) if largest > 0 else 0)
    return frac_bits, np.clip(np.floor(array.astype(np.float64) * 2.0**frac_bits + 0.5), -128, 127).astype(int).flatten().tolist()


expected = []
for node in list(nodes.values()):
    if node.op not in ("Conv2D", "DepthwiseConv2dNative", "MatMul"):
        continue
    weight, bias, at = constant(node.inputs[1]), None, node
    while True:
        behind = users(at.name)
        if len(behind) != 1:
            break
        following = behind[0]
        if following.op in ("BiasAdd", "Add") and constant(following.inputs[1]) is not None and bias is None:
            bias = constant(following.inputs[1])
        elif following.op == "FusedBatchNorm":
            gamma, beta, mean, variance = (constant(one) for one in following.inputs[1:5])
            gain = gamma / np.sqrt(variance + np.float64(np.float32(following.attrs["epsilon"])))
            weight = weight * (gain[:, None] if node.op == "DepthwiseConv2dNative" else gain)
            bias = ((0 if bias is None else bias) - mean) * gain + beta
        elif following.op not in ("Identity", "Reshape", "Squeeze"):
            break
        at = following
    if node.op == "Conv2D":
        weight = weight.transpose(3, 0, 1, 2)
    elif node.op == "MatMul":
        weight = weight.T
    expected += [quantize(one.astype(np.float32)) for one in (weight, bias) if one is not None]

header = open(sys.argv[3]).read()
lists = [[int(v) for v in values.split(",")] for values in re.findall(r"#define \w+ \{([^}]*)\}", header)]
frac_bits = [int(value) for value in re.findall(r"#define \w+_FRAC_BITS \(?(-?\d+)", header)]
assert len(lists) == len(frac_bits) == len(expected), (len(lists), len(frac_bits), len(expected))
for i, (bits, raw) in enumerate(expected):
    assert frac_bits[i] == bits, (i, frac_bits[i], bits)
    differing = [(k, a, b) for k, (a, b) in enumerate(zip(lists[i], raw)) if a != b]
    assert len(lists[i]) == len(raw) and not differing, (i, len(differing), differing[:5])
print(sum(len(raw) for _, raw in expected), "values equal;", sum(raw.count(127) for _, raw in expected), "at the upper end")
