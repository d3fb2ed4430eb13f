#!/usr/bin/env bash
# Checks this machine's GPU: builds if need be, runs the tests that need a GPU, the sanitizer, every recipe and
# every timing, PyTorch next to ours if it is installed, and writes report.md and report.json.
#   tools/gpu_check.sh [--quick] [--time-limit MINUTES] [--data DIR] [--out DIR] [more: --help]
# A check that was cut off goes on if it is started again. In an unpacked bundle, or with --build DIR (build/release of
# a machine that has a compiler), nothing is built here. Exit codes: 0, 1 if something failed, 2 where there is no GPU
# or an option is wrong.
set -euo pipefail
command -v python3 >/dev/null || { echo "gpu_check: it needs python3: install it" >&2; exit 2; }
exec python3 -B "$(dirname "$0")/gpu_check/gpu_check.py" "$@"
