#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test through ctest.
#   tools/test.sh [options, preset and CMake arguments of tools/setup.sh]
# Results are also in build/PRESET/tests.xml. A test that lacks something, such
# as a GPU or MNIST, is shown as skipped, and why at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/setup/packages.sh
. tools/setup/python.sh
. tools/setup/options.sh

read_options "$@"

# Python serves some tests alone, each shown as skipped without it: set_up_python <modules> <test's folder> <packages …>
set_up_python() {
  .venv/bin/python -c "import $1" 2>/dev/null && return
  install_packages "${@:3}" && pip_install "tests/$2/requirements.txt"
}

# quickstart.sh leaves the tests out of the same build folder.
tools/setup.sh "$preset" -DLENET_TESTS=ON "${cmake_arguments[@]}" ${cuda:+--cuda "$cuda"}
mapfile -t pytorch < <(packages_of parity)
set_up_python torch,safetensors parity "${pytorch[@]}" || complain "without PyTorch, the comparison with it is skipped"
set_up_python onnx,onnxruntime onnx || complain "without ONNX's runtime, running exported models is skipped"
set_up_python tensorboard.main tensorboard || complain "without TensorBoard, reading event files with it is skipped"
results=build/$preset/tests.xml
ctest --preset "$preset" -j "$(nproc)" --output-junit "$PWD/$results" || failed=$?

# A test prints why it was skipped, once for each time that it gave up.
echo "test.sh: test cases that were skipped, and why:"
awk '/<testcase /{ seen = 0 } match($0, /LENET_SKIPPED: .*/) && !seen++ { print substr($0, RSTART + 15) }' "$results" |
  sort | uniq -c
exit "${failed:-0}"
