#!/usr/bin/env bash
# Installs what is missing (Debian and Ubuntu), then configures and builds.
#   tools/setup.sh [--cuda pip|system|off] [PRESET] [CMake arguments …]
#     --cuda pip      CUDA and cuDNN from Python packages, in .venv; needs only
#                     NVIDIA's driver, 580 or later
#     --cuda system   this machine's own CUDA Toolkit, or an error
#     --cuda off      no CUDA backend
#     --list          prints the packages' names in Debian, Fedora and Arch
#     PRESET          release (default), debug, cuda-release, asan or tsan
#     -DNAME=VALUE    and CMake's other settings are passed on
# Without --cuda, the backend is built where CUDA and cuDNN are found. Quick
# when nothing is to do; asks for no network and no rights when the packages
# are there. Variables: CXX (clang++: installs clang, too), CUDACXX, PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/setup/packages.sh
. tools/setup/python.sh
. tools/setup/cuda.sh
. tools/setup/options.sh

if [ "${1-}" = --list ]; then list_packages; exit; fi
read_options "$@"

groups=(programs)
[[ " ${cmake_arguments[*]} " == *" -DLENET_TESTS=OFF "* ]] || groups+=(tests)
[[ ${CXX:-} != *clang* ]] || groups+=(clang)
if has_apt; then
  mapfile -t names < <(packages_of "${groups[@]}")
  install_packages "${names[@]}" || exit 1
else
  need_commands cmake ninja pkg-config "${CXX:-c++}" || exit 1 # CMake names the libraries
fi
choose_cuda "$cuda" || exit 1

# A build folder keeps its compilers: another one, or one that is gone, needs a new start.
keeps_other() { # LANGUAGE COMPILER: an empty one is any
  local kept
  kept=$(sed -n "s/^CMAKE_$1_COMPILER:[A-Z]*=//p" "build/$preset/CMakeCache.txt" 2>/dev/null)
  [[ $kept == /* ]] && { [ ! -x "$kept" ] || [ "${2:-$kept}" != "$kept" ]; }
}
compiler=${CXX:-}
if keeps_other CUDA "$nvcc" || keeps_other CXX "$(command -v "${compiler%% *}")"; then
  cmake_arguments+=(--fresh)
fi
# Sources compiled in groups read their headers once per group. A folder that is there keeps what it was made with.
[ -e "build/$preset/CMakeCache.txt" ] || cmake_arguments=(-DCMAKE_UNITY_BUILD=ON "${cmake_arguments[@]}")
configured=$(cmake --preset "$preset" "${cmake_arguments[@]}" 2>&1) || { explain_cmake "$configured"; exit 1; }
grep -E '^-- CUDA (kernels|backend)' <<<"$configured" || true # what it was built with, or why it was not
if grep -E '^-- CUDA backend: not built' <<<"$configured" | grep -qv 'LENET_CUDA is OFF'; then offer_cuda; fi
cmake --build --preset "$preset"
