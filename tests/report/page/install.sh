#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what drives Chromium in the tests of report.html; does nothing when it is there.
#   tests/report/page/install.sh [FOLDER]     default: $QMN_REPORT_PAGE, else build/report_page
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:-${QMN_REPORT_PAGE:-$here/../../../build/report_page}}"
if cmp -s "$here/package-lock.json" "$folder/package-lock.json" && [ -d "$folder/node_modules/playwright-core" ]; then
  exit 0
fi
command -v npm >/dev/null || { echo "report page: npm is missing: apt-get install nodejs npm" >&2; exit 1; }
echo "report page: installing into $folder"
rm -rf "$folder"
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder/"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  rm -rf "$folder"
  echo "report page: npm could not install playwright-core (see above); tests of report.html will be skipped" >&2
  exit 1
fi
