#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds qmn into build/release/bin/qmn.   scripts/build.sh [PRESET [TARGET…]]; the preset is release, dev or asan.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
[ $# -gt 0 ] && shift
options=()
[ "$preset" = release ] && [ "${QMN_TESTS:-}" != 1 ] && options+=(-DQMN_BUILD_TESTS=OFF)
[ "$preset" = release ] && [ "${QMN_TESTS:-}" = 1 ] && options+=(-DQMN_BUILD_TESTS=ON)
cmake --preset "$preset" "${options[@]}" >/dev/null
targets=()
[ $# -gt 0 ] && targets=(--target "$@")
cmake --build --preset "$preset" "${targets[@]}"
