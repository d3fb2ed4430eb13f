#!/usr/bin/env bash
# Checks this machine's GPU: builds if need be, runs the tests that need a GPU, the sanitizer, every recipe and
# every timing, PyTorch beside ours where it is there, and writes report.md and report.json.
#   tools/gpu_check.sh [--quick] [--data DIR] [--out FOLDER] [--build FOLDER] [more: --help]
# With --build FOLDER (build/release of a machine that has a compiler) nothing is built here. Exit codes: 0, 1 if
# something failed, 2 where there is no GPU.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

has_gpu() { nvidia-smi -L >/dev/null 2>&1 || [ -e /dev/nvidiactl ]; }

asked=" $* "
if [[ $asked != *" --device cpu "* && $asked != *" --help "* ]] && ! has_gpu; then
  echo "gpu_check: there is no NVIDIA GPU here, or its driver is not running: see nvidia-smi" >&2
  exit 2
fi
command -v python3 >/dev/null || { echo "gpu_check: the report needs python3" >&2; exit 1; }
if [[ $asked != *" --build"* && $asked != *" --help "* ]]; then
  "$here/setup.sh" release -DLENET_TESTS=ON
fi
exec python3 "$here/gpu_check.py" "$@"
