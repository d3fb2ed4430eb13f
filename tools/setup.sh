#!/usr/bin/env bash
# Installs what is missing (Debian and Ubuntu), then configures and builds.
#   tools/setup.sh [release|debug|asan|tsan] [CMake arguments …]
# Quick when nothing is to do, and needs no network when the packages are there.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh

preset=release
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
  preset=$1
  shift
fi
install_packages \
  g++ cmake ninja-build pkg-config ca-certificates \
  libdnnl-dev libfmt-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev \
  zlib1g-dev libcurl4-openssl-dev libssl-dev catch2
configured=$(cmake --preset "$preset" "$@" 2>&1) || { echo "$configured" >&2; exit 1; }
cmake --build --preset "$preset"
