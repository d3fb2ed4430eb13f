#!/usr/bin/env bash
# On a fresh Debian, as root: makes the Debian package, removes again all that this needed, and tries the package.
#   tests/package/make_deb.sh [MNIST]
set -euo pipefail
cd "$(dirname "$0")/../.."
export DEBIAN_FRONTEND=noninteractive
data=${1:+$(realpath "$1")}
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT

apt-mark showmanual | sort >"$kept/before"
tools/setup.sh --cuda off release -DLENET_TESTS=OFF
apt-get install -y -qq --no-install-recommends dpkg-dev file >/dev/null
cpack -G DEB --config build/release/CPackConfig.cmake
mv build/release/lenet_*.deb "$kept/"
mapfile -t installed < <(apt-mark showmanual | sort | comm -13 "$kept/before" -)
apt-get purge -y -qq "${installed[@]}" >/dev/null
apt-get autoremove --purge -y -qq >/dev/null
tests/package/try_deb.sh "$kept"/lenet_*.deb "$data"
