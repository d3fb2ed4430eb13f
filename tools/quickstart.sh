#!/usr/bin/env bash
# From a fresh clone to a trained network: installs what is missing, builds,
# finds or downloads MNIST, trains the convolutional network for three epochs
# and evaluates its best weights on the test set.
#   tools/quickstart.sh [--cuda pip|system|off] [options of lenet_train …]
#     --cuda          as tools/setup.sh --help says
#     --model mlp, --epochs 1, --data DIR and so on go to lenet_train
# The programs are then in build/release/bin, the run in runs/quickstart-N, and
# MNIST, if it was downloaded, in ~/.cache/lenet/mnist.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/setup/options.sh

case ${1-} in -h | --help) show_help; exit ;; esac
cuda=()
if [ "${1-}" = --cuda ]; then
  check_cuda_choice "${2-}"
  cuda=(--cuda "$2")
  shift 2
fi
tools/setup.sh release -DLENET_TESTS=OFF "${cuda[@]}"
bin=build/release/bin

# --data is for the evaluation, too: it becomes the variable that all programs read.
arguments=("$@")
for i in "${!arguments[@]}"; do
  case ${arguments[i]} in
    --data) export LENET_DATA=${arguments[i + 1]:-} ;;
    --data=*) export LENET_DATA=${arguments[i]#--data=} ;;
  esac
done

data=()
if ! "$bin/lenet_data" info >/dev/null 2>&1; then
  echo "quickstart: no MNIST on this machine; downloading it"
  if ! "$bin/lenet_data" fetch; then
    echo "quickstart: MNIST IS NEITHER HERE NOR DOWNLOADABLE. TRAINING ON SYNTHETIC DIGITS INSTEAD: THE ACCURACY BELOW IS NOT MNIST'S."
    [ -e build/synthetic-digits ] || "$bin/lenet_data" synthesize --out build/synthetic-digits
    data=(--data build/synthetic-digits)
  fi
fi

echo "quickstart: training for 3 of the recipe's 18 epochs; lenet_train alone does them all"
number=1
while [ -e "runs/quickstart-$number" ]; do number=$((number + 1)); done
"$bin/lenet_train" --epochs 3 --out "runs/quickstart-$number" "${data[@]}" "$@"
"$bin/lenet_eval" "runs/quickstart-$number/best.bin" "${data[@]}"
