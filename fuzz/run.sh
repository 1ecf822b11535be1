#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang and runs each: fuzz/run.sh [SECONDS [TARGET…]]   (default 10, all). Prints a table of executions; a
# finding is kept in build/fuzz/findings/ and ends the run. What a run has found of new paths stays in build/fuzz/grown/ for the next.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
mapfile -t targets < <(build/fuzz/bin/qmn_fuzz_seeds build/fuzz/corpus)
[ $# -eq 0 ] || targets=("$@")
mkdir -p build/fuzz/findings
printf '%-12s %8s %12s %8s %8s %9s\n' target seconds executions paths MB findings
for target in "${targets[@]}"; do
  mkdir -p "build/fuzz/grown/$target"
  log=build/fuzz/$target.log
  build/fuzz/bin/qmn_fuzz_"$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 \
    -artifact_prefix=build/fuzz/findings/"$target"- "build/fuzz/grown/$target" "build/fuzz/corpus/$target" fuzz/regressions >"$log" 2>&1 || true
  stat() { sed -n "s/^stat::$1: *//p" "$log"; }
  findings=$(find build/fuzz/findings -name "$target-*" | wc -l)
  printf '%-12s %8s %12s %8s %8s %9s\n' "$target" "$seconds" "$(stat number_of_executed_units)" "$(find "build/fuzz/grown/$target" -type f | wc -l)" "$(stat peak_rss_mb)" "$findings"
  if [ "$findings" -gt 0 ]; then
    grep -E 'ERROR|SUMMARY' "$log" || true
    echo "fuzz: a finding, see build/fuzz/findings and $log" >&2
    exit 1
  fi
done
