#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang and runs each: fuzz/run.sh [SECONDS]   (default 10; a finding is kept in build/fuzz/findings/)
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
build/fuzz/bin/qmn_fuzz_seeds build/fuzz/corpus
mkdir -p build/fuzz/findings
for target in own_onnx onnx graphdef tflite example; do
  echo "== $target, $seconds s"
  mkdir -p "build/fuzz/grown/$target"
  build/fuzz/bin/qmn_fuzz_$target -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix=build/fuzz/findings/"$target"- "build/fuzz/grown/$target" "build/fuzz/corpus/$target" fuzz/regressions 2>&1 | grep -E 'stat::(number_of_executed_units|peak_rss_mb)|ERROR|SUMMARY' || true
  if ls build/fuzz/findings/"$target"-* >/dev/null 2>&1; then echo "fuzz: a finding, see build/fuzz/findings"; exit 1; fi
done
echo "fuzz: no finding"
