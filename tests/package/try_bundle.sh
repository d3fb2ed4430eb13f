#!/usr/bin/env bash
# Uses an unpacked bundle as on a machine of its own: tests/package/try_bundle.sh FOLDER [MNIST]
# Trains an epoch on the MNIST in that folder, or a few steps on synthetic digits, in a scratch folder. With
# LENET_KEEP=FOLDER the pictures are kept in that folder.
set -euo pipefail
bundle=$(realpath "$1")
data=${2:+$(realpath "$2")}
here=$(realpath "$(dirname "$0")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() {
  echo "try_bundle: $*" >&2
  exit 1
}
# Nothing but the bundle: no variable of this machine, an empty home.
run() {
  local program=$1
  shift
  env -i HOME="$scratch/home" PATH=/usr/bin:/bin "$bundle/bin/$program" "$@"
}
# What a file begins with: begins_with FILE LETTERS
begins_with() { [ "$(head -c ${#2} "$1")" = "$2" ] || fail "$1 does not begin with $2"; }

for program in "$bundle"/bin/lenet_*; do
  name=$(basename "$program")
  [ "$(run "$name" --version)" = "$(run lenet_train --version)" ] || fail "$name is of another version"
  run "$name" --help >/dev/null
  [ -s "$bundle/share/man/man1/$name.1" ] || fail "$name has no manual page"
  # shellcheck disable=SC1090
  (. "$bundle/share/bash-completion/completions/$name") || fail "$name has no completion"
done

length=(--epochs 1) least=0.85 synthetic=
if [ -z "$data" ]; then
  run lenet_data synthesize --out digits --train 2000 --test 500
  synthetic=yes data=digits length=(--steps 60 --validation 500) least=0.3
fi
run lenet_train --model mlp "${length[@]}" --data "$data" --device cpu --out run
[ -n "$(find run -name 'events.out.tfevents.*')" ] || fail "there are no events for TensorBoard"
accuracy=$(run lenet_eval run/best.bin --data "$data" --json | tr -d ' \n' | sed -E 's/.*"accuracy":([0-9.]+).*/\1/')
awk -v accuracy="$accuracy" -v least="$least" 'BEGIN { exit !(accuracy >= least) }' ||
  fail "the accuracy is $accuracy, expected at least $least"

run lenet_plot run -o curves.png
run lenet_plot run -o curves.svg
run lenet_plot run -o curves.pdf
run lenet_plot --confusion run/best.bin --data "$data" -o confusion.pdf
run lenet_eval run/best.bin --data "$data" --plot digits.png >/dev/null
run lenet_report run --data "$data" --device cpu -o report.html
begins_with report.html '<!DOCTYPE html>'
run lenet_runs run
begins_with curves.svg '<?xml'
for picture in curves.png digits.png; do begins_with $picture $'\x89PNG'; done
for picture in curves.pdf confusion.pdf; do
  begins_with $picture '%PDF'
  grep -aq DejaVuSans $picture || fail "$picture is not set in the bundle's font: this machine may have none"
done
run lenet_export run model.onnx >/dev/null
run lenet_predict run/best.bin digits.png --json >/dev/null
run lenet_predict run/best.bin --index 0-3 --data "$data"
[[ -n $synthetic || $(run lenet_predict run/best.bin "$here/seven.jpg") =~ seven.jpg\ +7\  ]] || fail "seven.jpg shows no 7"
[ -z "$(ls -A home 2>/dev/null)" ] || fail "files were left in the home folder: $(find home -type f | head -n 3)"

# There is no GPU: one line says so, and why.
if [ ! -e /dev/nvidiactl ] && run lenet_train --device 0 --dry-run --data "$data" 2>message; then
  fail "--device 0 is accepted"
fi
[ ! -e message ] || [ "$(wc -l <message)" -eq 1 ] || fail "--device 0 says: $(cat message)"
if command -v python3 >/dev/null; then
  "$bundle/tools/gpu_check.sh" --help >/dev/null
else
  "$bundle/tools/gpu_check.sh" 2>message && fail "gpu_check.sh runs without python3"
  grep -q python3 message || fail "gpu_check.sh says: $(cat message)"
fi
[ -z "${LENET_KEEP:-}" ] || cp curves.* confusion.pdf digits.png "$LENET_KEEP/"
echo "try_bundle: $(run lenet_train --version) trains to $accuracy, evaluates, plots and predicts"
