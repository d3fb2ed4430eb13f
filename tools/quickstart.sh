#!/usr/bin/env bash
# From a fresh clone to a trained network: installs what is missing, builds, finds or fetches MNIST, trains the
# CNN and evaluates its best weights on the test set. Options after the script's name go to lenet_train.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh release -DLENET_TESTS=OFF
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
