#!/usr/bin/env bash
# Installs what is missing (Debian and Ubuntu), then configures and builds.
#   tools/setup.sh [release|debug|asan|tsan] [CMake arguments …]
# Quick when nothing is to do, and needs no network when the packages are there.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/setup/packages.sh

preset=release
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
  preset=$1
  shift
fi
install_packages \
  g++ cmake ninja-build pkg-config ca-certificates \
  libdnnl-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev \
  ocl-icd-opencl-dev libjpeg-dev \
  zlib1g-dev libcurl4-openssl-dev libssl-dev catch2 \
  libcairo2-dev libprotobuf-dev protobuf-compiler libisal-dev \
  libspng-dev libturbojpeg0-dev libexif-dev

# The header-only library that the CUDA backend is written with; where it cannot be had, that backend is left out.
set_up_cudnn_frontend() {
  command -v nvcc "${CUDACXX:-nvcc}" /usr/local/cuda/bin/nvcc >/dev/null || return 0
  [ -n "${CUDNN_FRONTEND_ROOT:-}" ] || [ -e /usr/include/cudnn_frontend.h ] && return
  compgen -G '.venv/lib/python3*/site-packages/include/cudnn_frontend.h' >/dev/null && return
  install_packages python3-venv &&
    /usr/bin/python3 -m venv --system-site-packages .venv &&
    .venv/bin/pip install -q -r tools/setup/cuda_requirements.txt
}
set_up_cudnn_frontend || echo "setup.sh: nvidia-cudnn-frontend cannot be installed here; the CUDA backend may be left out" >&2

configured=$(cmake --preset "$preset" "$@" 2>&1) || { echo "$configured" >&2; exit 1; }
grep -E '^-- CUDA (kernels|backend)' <<<"$configured" || true  # what it was built with, or why it was not
cmake --build --preset "$preset"
