#!/usr/bin/env bash
# Fuzzes every target on the machine's cores, after building it.
#   tests/fuzz/run.sh [SECONDS per target, default 60] [TARGET …]
# Corpora grow in build/fuzz/corpus. An input that does harm is written to build/fuzz/findings/<target>-…, and the exit
# code is 1: mend the reader, and keep the input in tests/fuzz/findings/<target>, where the ordinary tests run it.
# JOBS=N fuzzes N targets at a time.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(checkpoint class_names command_line config events idx machines metrics picture test_result)

[ -f build/fuzz/build.ninja ] || cmake --preset fuzz >/dev/null
cmake --build --preset fuzz >build/fuzz/build.log || { cat build/fuzz/build.log >&2; exit 1; }
programs=build/fuzz/fuzz
corpora=build/fuzz/corpus
findings=build/fuzz/findings
mkdir -p "$findings"

# fuzz TARGET: prints the target, what was executed and what was found.
fuzz() {
  local log=$findings/$1.log status=0
  # A picture of 50 million pixels takes seconds and 1 GiB under the sanitizers.
  mkdir -p "$corpora/$1"
  FUZZ_SEEDS=$corpora/$1 "$programs/fuzz_$1" "$corpora/$1" -max_total_time="$seconds" -timeout=60 \
    -rss_limit_mb=2048 -max_len=4096 -artifact_prefix="$findings/$1-" -print_final_stats=1 >"$log" 2>&1 || status=$?
  printf '%-14s %12s executions  %s\n' "$1" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
    "$([ $status -eq 0 ] && echo "nothing found" || echo "FAILED: see $log")"
  # A machine that is gone tomorrow, such as CI's, has no log to look at, but its output.
  [ $status -eq 0 ] || tail -n 40 "$log"
  return $status
}
export -f fuzz
export programs corpora findings seconds
printf '%s\n' "${targets[@]}" | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c 'fuzz {}' ||
  { echo "fuzz: inputs that did harm are in $findings" >&2; exit 1; }
