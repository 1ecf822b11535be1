#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs ONNX Runtime for the tests that compare with it; does nothing when it is there.
#   tests/onnxruntime/install.sh [FOLDER]     default: $QMN_ONNXRUNTIME, else build/onnxruntime
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:-${QMN_ONNXRUNTIME:-$here/../../build/onnxruntime}}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
if cmp -s "$here/package.json" "$folder/package.json" && [ -d "$folder/node_modules/onnxruntime-node/bin" ]; then
  exit 0
fi
command -v npm >/dev/null || { echo "onnxruntime: npm is missing: apt-get install nodejs npm" >&2; exit 1; }
echo "onnxruntime: installing into $folder"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# Its post-install script would fetch GPU libraries: the CPU ones are in the package.
rm -rf "$folder/staging"
if ! (mkdir "$folder/staging" && cp "$here/package.json" "$folder/staging/" && cd "$folder/staging" &&
      npm install --ignore-scripts --no-audit --no-fund --omit=dev) >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  rm -rf "$folder/staging"
  echo "onnxruntime: npm could not install onnxruntime-node (see above); tests that compare with ONNX Runtime will be skipped" >&2
  exit 1
fi
rm -rf "$folder/node_modules"
mv "$folder/staging/node_modules" "$folder/node_modules"
mv "$folder/staging/package.json" "$folder/package.json"  # last: its presence says that all is there
rm -rf "$folder/staging"
