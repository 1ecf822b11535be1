#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what qmn needs and this machine lacks; does nothing when all is there.
#   scripts/setup.sh          what building and using qmn takes
#   scripts/setup.sh --tests  and what its tests take
#   scripts/setup.sh --bench  and what its benchmarks take
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  build-essential cmake ninja-build ccache pkg-config                  # build
  libtorch-dev libopenblas0-pthread                                    # float engine; the default BLAS is many times slower
  libonnx-dev libprotobuf-dev protobuf-compiler nlohmann-json3-dev     # model files
  libflatbuffers-dev flatbuffers-compiler                              # TFLite
  libsndfile1-dev libsoxr-dev libkissfft-dev                           # sound
  portaudio19-dev                                                      # optional: microphones of qmn listen
  libpng-dev libjpeg-dev zlib1g-dev                                    # pictures and arrays
  libcurl4-openssl-dev libarchive-dev                                  # qmn data get
  libcli11-dev libtomlplusplus-dev libfmt-dev libtbb-dev libssl-dev    # the rest of the tool
  espeak-ng flite                                                      # speech synthesis
  gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm            # boards
)
command -v npm >/dev/null || packages+=(nodejs npm)  # the chart library of the report; never Debian's npm beside another Node.js
if [ "${1:-}" = --tests ]; then
  packages+=(libgtest-dev librapidcheck-dev python3-numpy python3-onnx chromium doxygen groff-base zsh fish)
elif [ "${1:-}" = --bench ]; then
  packages+=(libbenchmark-dev)
elif [ -n "${1:-}" ]; then
  echo "setup: unknown option $1; use --tests, --bench or nothing" >&2
  exit 2
fi

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "setup: this machine has no apt-get. Install the counterparts of these Debian 12 packages by hand, then run cmake --preset release:" >&2
  echo "  ${packages[*]}" >&2
  exit 1
fi
missing=()
for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "setup: needs root to install: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if ! { "${as_root[@]}" apt-get update -qq &&
         "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    echo "setup: apt-get could not install: ${missing[*]} (see above; is the network up, is this Debian 12 or later?)" >&2
    exit 1
  fi
fi

if [ "${1:-}" = --tests ]; then
  tests/onnxruntime/install.sh || echo "setup: going on without ONNX Runtime; the tests that compare with it report themselves as skipped" >&2
  tests/report/page/install.sh || echo "setup: going on without playwright-core; the tests that open report.html report themselves as skipped" >&2
fi
echo "setup: all there"
