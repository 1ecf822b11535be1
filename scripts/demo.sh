#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job from nothing: synthesizes a small keyword data set, trains, quantizes, exports, runs the firmware on the emulated board,
# and ends with the table float / integer / board.   scripts/demo.sh [FOLDER]; without one: demo/
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-demo}
echo "demo: sets up, builds, then one model from speech synthesis to the emulated board; the result is in $out/"
scripts/setup.sh
scripts/build.sh release
qmn=build/release/bin/qmn
mkdir -p "$out"

step() { printf '\n$ qmn %s\n' "$*"; "$qmn" "$@"; }
[ -d "$out/data" ] || step data synth "$out/data" --words yes,no,up,down --clips_per_word 1200 --clips_per_unknown_word 80
step data info "$out/data"
# Voices differ in more ways than a data set of synthesizers holds: other speeds and more unknown words keep the net from learning them by heart.
step train --arch ds_cnn --size s --data "$out/data" -o "$out/kws.onnx" --steps 1200 --eval_step_interval 100 --unknown_percentage 15 --speed_percent 20
step quantize "$out/kws.onnx" --data "$out/data" -o "$out/kws.q.onnx"
step export "$out/kws.q.onnx" -o "$out/firmware" --board mps2-an386
step run "$out/firmware" --data "$out/data" --split testing
