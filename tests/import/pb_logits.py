# SPDX-License-Identifier: Apache-2.0
"""Logits of a frozen graph for WAV files, by the independent evaluation in the folder ORACLE: float32, a row for each file.

    python3 pb_logits.py ORACLE MODEL.pb OUT WAV...
"""
import sys

sys.path.insert(0, sys.argv[1])
import numpy  # noqa: E402
import eval_pb  # noqa: E402

model = eval_pb.Model(sys.argv[2], numpy.float64)
features = numpy.stack([model.features(eval_pb.read(path)) for path in sys.argv[4:]])
with open(sys.argv[3], "wb") as out:
    out.write(model.logits(features).astype("<f4").tobytes())
