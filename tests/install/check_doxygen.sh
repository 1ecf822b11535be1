#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_doxygen.sh DOXYFILE: no warning but of members whose name says all. Types, functions, enumerations and files must be documented. Skipped (77) without doxygen.
set -euo pipefail
command -v doxygen >/dev/null || { echo "needs doxygen"; exit 77; }
warnings=$(cd "$(dirname "$1")" && doxygen "$1" 2>&1 | grep -vE 'Member .* of (struct|class|union) [A-Za-z0-9_:]+ is not documented' || true)
if [ -n "$warnings" ]; then
  printf '%s\n' "$warnings"
  exit 1
fi
