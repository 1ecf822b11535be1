#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs the benchmarks: scripts/bench.sh [NAME [ARGUMENT…]]; without a name all of them. NAME is search, simulate or train_step; arguments are
# those of Google Benchmark, such as --benchmark_filter=gru. Figures are for a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --bench
names=(search simulate train_step)
if [ $# -gt 0 ]; then
  [[ " ${names[*]} " == *" $1 "* ]] || { echo "bench: no benchmark $1; there are: ${names[*]}" >&2; exit 2; }
  names=("$1")
  shift
fi
targets=("${names[@]/#/qmn_}")
scripts/build.sh release "${targets[@]/%/_bench}"
for name in "${names[@]}"; do
  echo "== $name"
  "build/release/bin/qmn_${name}_bench" "$@"
done
