# SPDX-License-Identifier: Apache-2.0
"""python3 dump_mfcc.py FOLDER WAV...: the MFCC of each file by FOLDER/tf_mfcc.py, a line a file."""
import sys

sys.path.insert(0, sys.argv[1])
import tf_mfcc

for path in sys.argv[2:]:
    with open(path, "rb") as handle:
        print(" ".join("%.7g" % value for value in tf_mfcc.features(handle.read()).ravel()))
