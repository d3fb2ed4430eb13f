#!/usr/bin/env bash
# Installs what is missing (Debian and Ubuntu), then configures and builds.
#   tools/setup.sh [release|debug|asan|tsan] [CMake arguments …]
# Quick when nothing is to do, and needs no network when the packages are there.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ cmake ninja-build pkg-config ca-certificates
  libdnnl-dev libfmt-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev
  zlib1g-dev libcurl4-openssl-dev libssl-dev catch2
)

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

install_missing() {
  if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is no Debian or Ubuntu; make sure that these are installed: ${packages[*]}" >&2
    return
  fi
  local missing sudo=()
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
  echo "setup: installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

preset=release
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
  preset=$1
  shift
fi
install_missing
configured=$(cmake --preset "$preset" "$@" 2>&1) || { echo "$configured" >&2; exit 1; }
cmake --build --preset "$preset"
