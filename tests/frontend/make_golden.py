#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden_mfcc.json from an independent numpy model of TensorFlow's AudioSpectrogram and Mfcc ops.

    python3 make_golden.py FOLDER > golden_mfcc.json

FOLDER holds tf_mfcc.py (functions audio_spectrogram and mfcc). The signals are those of golden_signals() in mfcc_test.cpp.
"""
import json
import math
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import tf_mfcc

SAMPLES = 16000


def noise(count, amplitude):
    state, out = 1, []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        out.append(state // 2**16 % (2 * amplitude + 1) - amplitude)
    return np.array(out, np.int64)


def tones(count):
    t = np.arange(count)
    wave = sum(a * np.sin(2 * math.pi * f * t / 16000) for a, f in ((9000, 210.0), (5000, 1234.5), (2500, 3456.7)))
    return np.floor(wave + 0.5).astype(np.int64)


def signals():
    burst = noise(SAMPLES, 1)
    burst[:9000] = 0
    return {
        "tones_and_noise": tones(SAMPLES) + noise(SAMPLES, 800),
        "digital_silence": np.zeros(SAMPLES, np.int64),
        "silence_then_one_lsb_noise": burst,
        "constant_1000": np.full(SAMPLES, 1000, np.int64),
        "short_clip": noise(5000, 12000),
    }


def case(name, pcm, window, hop, coefficients):
    padded = np.zeros((SAMPLES, 1), np.float32)
    padded[:len(pcm), 0] = pcm.astype(np.float32) / np.float32(32768)
    features = tf_mfcc.mfcc(tf_mfcc.audio_spectrogram(padded, window, hop), 16000, dct_coefficient_count=coefficients)[0]
    frames = list(range(0, len(features), 5))
    return {"signal": name, "window": window, "hop": hop, "coefficients": coefficients, "frames": frames,
            "mfcc": [[round(float(v), 5) for v in features[i]] for i in frames]}


made = signals()
cases = [case(name, pcm, 640, 320, 10) for name, pcm in made.items()]
cases += [case("tones_and_noise", made["tones_and_noise"], 640, 640, 10),
          case("tones_and_noise", made["tones_and_noise"], 480, 160, 13),
          case("short_clip", made["short_clip"], 512, 512, 40)]
print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
