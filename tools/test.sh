#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test through ctest.
#   tools/test.sh [release|debug|asan|tsan] [CMake arguments …]
set -euo pipefail
cd "$(dirname "$0")/.."

preset=release
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
  preset=$1
  shift
fi
tools/setup.sh "$preset" "$@"
ctest --preset "$preset" -j "$(nproc)"
