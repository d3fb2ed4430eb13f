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
case ${1-} in
  --cuda) check_cuda_choice "${2-}" && cuda=(--cuda "$2") && shift 2 ;;
  --cuda=*) check_cuda_choice "${1#*=}" && cuda=("$1") && shift ;;
esac
tools/setup.sh release -DLENET_TESTS=OFF "${cuda[@]}"
bin=build/release/bin

# --data is for the evaluation, too: it becomes the variable that all programs read. So is the folder of the run.
length=(--epochs 3) folder=''
arguments=("$@")
for i in "${!arguments[@]}"; do
  case ${arguments[i]} in
    --data) export LENET_DATA=${arguments[i + 1]:-} ;;
    --data=*) export LENET_DATA=${arguments[i]#--data=} ;;
    --out) folder=${arguments[i + 1]:-} ;;
    --out=*) folder=${arguments[i]#--out=} ;;
    --epochs | --epochs=* | --steps | --steps=* | --fast-dev-run) length=() ;;
  esac
done

data=()
if [ -n "${LENET_DATA:-}" ]; then
  "$bin/lenet_data" info >/dev/null # or says what is wrong with the folder that was named
elif ! "$bin/lenet_data" info >/dev/null 2>&1; then
  echo "quickstart: no MNIST on this machine; downloading it"
  if ! "$bin/lenet_data" fetch; then
    echo "quickstart: MNIST IS NEITHER HERE NOR DOWNLOADABLE. TRAINING ON SYNTHETIC DIGITS INSTEAD: THE ACCURACY BELOW IS NOT MNIST'S."
    digits=build/synthetic-digits
    [ -e "$digits" ] || { rm -rf "$digits.new" && "$bin/lenet_data" synthesize --out "$digits.new" && mv "$digits.new" "$digits"; }
    data=(--data "$digits")
  fi
fi

[ ${#length[@]} -eq 0 ] || echo "quickstart: training for 3 epochs; lenet_train alone takes as many as its recipe says"
if [ -z "$folder" ]; then
  number=1
  while [ -e "runs/quickstart-$number" ]; do number=$((number + 1)); done
  folder=runs/quickstart-$number
fi
"$bin/lenet_train" "${length[@]}" --out "$folder" "${data[@]}" "$@"
[ -e "$folder/best.bin" ] || exit 0 # as after --dry-run
"$bin/lenet_eval" "$folder/best.bin" "${data[@]}"
