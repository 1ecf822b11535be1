#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs all tests.   scripts/test.sh [PRESET…]; without one: release. `scripts/test.sh release asan` adds ASan and UBSan.
# Real recordings take part where QMN_SPEECH_COMMANDS names an unpacked Speech Commands folder; else their tests are reported as skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --tests
presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(release)
# Every preset runs to its end; what ctest said last about each stands at the end again.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
summary=
status=0
for preset in "${presets[@]}"; do
  echo "== $preset"
  QMN_TESTS=1 scripts/build.sh "$preset"
  ctest --preset "$preset" -j "$(nproc)" | tee "$log" || status=1
  summary+="== $preset"$'\n'"$(sed -n '/tests passed,/,$p' "$log")"$'\n'
done
printf '\n%s' "$summary"
exit $status
