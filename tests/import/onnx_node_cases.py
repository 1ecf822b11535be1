# SPDX-License-Identifier: Apache-2.0
"""Writes the ONNX backend node tests as nets of one float input, for import_test.

    python3 onnx_node_cases.py FOLDER OPERATOR...

Each case becomes FOLDER/NAME.onnx with NAME.in and NAME.out (float32) and a line "NAME OPERATOR" in FOLDER/cases.txt. A case with
several inputs becomes up to two nets: NAME, in which all but the first are initializers, and NAME_packed, in which one input holds them
all, side by side along the last axis, and a Split parts them. A Softmax gets a product with 1 behind it, since an import leaves out the one
at the end. Needs python3-onnx, whose generator uses a name that numpy has dropped.
"""
import sys

import numpy as np

for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object)):
    if not hasattr(np, name):
        setattr(np, name, kind)
import onnx  # noqa: E402
from onnx import helper, numpy_helper  # noqa: E402
from onnx.backend.test.case.node import collect_testcases  # noqa: E402


def cases():
    try:
        return collect_testcases()
    except TypeError:
        return collect_testcases(None)


def clips_first(op, attributes, x, y):
    """Inputs and outputs of a recurrent layer with the batch as the first dimension, as a Graph runs them."""
    if op not in ("LSTM", "GRU") or any(a.name == "layout" and a.i for a in attributes):
        return x, y
    return np.swapaxes(x, 0, 1), np.moveaxis(y, -2, 0)


def write(folder, name, model, x, y, listing):
    x, y = clips_first(model.graph.node[-1].op_type, model.graph.node[-1].attribute, x, y)
    onnx.save(model, "%s/%s.onnx" % (folder, name))
    np.asarray(x, "<f4").tofile("%s/%s.in" % (folder, name))
    np.asarray(y, "<f4").tofile("%s/%s.out" % (folder, name))
    listing.write("%s %s %d\n" % (name, model.graph.node[-1 if model.graph.node[-1].name != "times_one" else -2].op_type,
                                  np.shape(x)[0] if np.ndim(x) else 1))


def keep_softmax(graph):
    if graph.node[-1].op_type != "Softmax":
        return
    node = graph.node[-1]
    final = node.output[0]
    node.output[0] = final + "_softmax"
    graph.initializer.append(numpy_helper.from_array(np.array(1, np.float32), "one"))
    graph.node.append(helper.make_node("Mul", [node.output[0], "one"], [final], "times_one"))


def constants(case, arrays):
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    for info, value in list(zip(graph.input, arrays))[1:]:
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), info.name))
    del graph.input[1:]
    keep_softmax(graph)
    return model


def packed(case, arrays):
    """None where the inputs do not lie side by side."""
    if len(arrays) < 2 or any(np.asarray(a).dtype != np.float32 or np.ndim(a) < 2 for a in arrays):
        return None
    if len({np.shape(a)[:-1] for a in arrays}) != 1:
        return None
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    names = [info.name for info in graph.input]
    x = np.concatenate(arrays, -1)
    graph.initializer.append(numpy_helper.from_array(np.array([np.shape(a)[-1] for a in arrays], np.int64), "lengths"))
    graph.node.insert(0, helper.make_node("Split", ["packed", "lengths"], names, "parts", axis=-1))
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("packed", onnx.TensorProto.FLOAT, x.shape))
    keep_softmax(graph)
    return model, x


def main(folder, operators):
    with open(folder + "/cases.txt", "w") as listing:
        for case in cases():
            if case.model is None or len(case.model.graph.node) != 1 or case.model.graph.node[0].op_type not in operators:
                continue
            inputs, outputs = case.data_sets[0]
            if len(inputs) == 0 or len(outputs) != 1 or not all(isinstance(a, (np.ndarray, np.generic)) for a in list(inputs) + list(outputs)):
                model = constants(case, inputs)
                del model.graph.output[1:]
                write(folder, case.name, model, inputs[0] if len(inputs) and isinstance(inputs[0], np.ndarray) else np.zeros(1), outputs[0], listing)
                continue
            write(folder, case.name, constants(case, inputs), inputs[0], outputs[0], listing)
            several = packed(case, inputs)
            if several:
                write(folder, case.name + "_packed", several[0], several[1], outputs[0], listing)


if __name__ == "__main__":
    main(sys.argv[1], set(sys.argv[2:]))
