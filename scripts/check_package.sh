#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs what build/release holds, installs the package in a bare Debian 12 and takes a small project there from voices to the emulated board.
#   scripts/check_package.sh ROOT     as root; ROOT: a folder for that Debian, made by debootstrap if it is not there
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1:?a folder for a bare Debian 12, such as /tmp/qmn-root}
[ "$(id -u)" = 0 ] || { echo "check_package: needs root (chroot)" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "check_package: needs debootstrap: apt install debootstrap" >&2; exit 1; }

(cd build/release && rm -f qmn_*.deb && cpack >/dev/null)
package=$(ls "$PWD"/build/release/qmn_*.deb)
dpkg-deb --info "$package" | grep -E 'Depends|Recommends|Installed-Size'
[ -x "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian >/dev/null
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp "$package" "$root/root/qmn.deb"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
trap 'umount "$root/proc"' EXIT

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends /root/qmn.deb >/dev/null
inside qmn --version
echo "check_package: doctor without what is recommended"
inside qmn doctor || [ $? = 1 ]
echo "check_package: with it"
recommended=$(dpkg-deb -f "$package" Recommends | tr -d ,)
# shellcheck disable=SC2086
inside apt-get install -y -qq --no-install-recommends $recommended >/dev/null
inside qmn doctor
inside rm -rf /root/project
inside qmn init /root/project --words yes,no
run() { echo "\$ qmn $*"; inside qmn "$@" --config /root/project/qmn.toml; }
run data synth --clips_per_word 60 --clips_per_unknown_word 4 -q
run train --steps 200 -q
run quantize -q --max-loss 1
run export
run run --limit 10
echo "check_package: installed, and from voices to the emulated board"
