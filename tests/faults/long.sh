#!/usr/bin/env bash
# The long form of the fault harness: thousands of tries on the programs of build/release, in an hour or two.
#   tests/faults/long.sh [FAULT …]
set -euo pipefail
cd "$(dirname "$0")/../.."
harness=build/release/tests/fault_harness
[ -x "$harness" ] || { echo "long.sh: build first: tools/test.sh" >&2; exit 1; }
exec "$harness" --long "$@"
