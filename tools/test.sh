#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test through ctest.
#   tools/test.sh [release|debug|asan|tsan] [CMake arguments …]
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/setup/packages.sh

preset=release
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
  preset=$1
  shift
fi

# Python serves two tests alone, each shown as skipped without it: set_up_python <modules> <test's folder> <packages …>
set_up_python() {
  .venv/bin/python -c "import $1" 2>/dev/null && return
  install_packages python3-venv "${@:3}" &&
    /usr/bin/python3 -m venv --system-site-packages .venv &&
    .venv/bin/pip install -q -r "tests/$2/requirements.txt"
}

# quickstart.sh leaves the tests out of the same build folder.
tools/setup.sh "$preset" -DLENET_TESTS=ON "$@"
set_up_python torch,safetensors parity python3-torch python3-numpy ||
  echo "test.sh: PyTorch cannot be installed here; the comparison with it is skipped" >&2
set_up_python tensorboard.main tensorboard ||
  echo "test.sh: TensorBoard cannot be installed here; reading event files with it is skipped" >&2
results=build/$preset/tests.xml
ctest --preset "$preset" -j "$(nproc)" --output-junit "$PWD/$results" || failed=$?

# A test prints why it was skipped, once for each time that it gave up.
echo "test.sh: test cases that were skipped, and why:"
awk '/<testcase /{ seen = 0 } match($0, /LENET_SKIPPED: .*/) && !seen++ { print substr($0, RSTART + 15) }' "$results" |
  sort | uniq -c
exit "${failed:-0}"
