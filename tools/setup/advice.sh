# shellcheck shell=bash
# Sourced by the set-up scripts: what the user reads where something fails, in one line each.

complain() { echo "set-up: $*" >&2; }

# explain LOG WHAT NEEDED: says why WHAT failed, whose output is in LOG, and what to do. NEEDED says what it was for.
explain() {
  local text error again="and start again"
  text=$(cat "$1")
  error=$(grep -E '^(E|ERROR): ' <<<"$text" | tail -n 1) || true
  ! disk_is_full || text+=" No space left on device" # not every program says so
  case $text in
    *"No space left on device"* | *"enough free space"* | *"Disk quota exceeded"*)
      complain "$2 ran out of disk space: free some (df -h shows where), $again" ;;
    *"get lock "* | *"dpkg frontend lock"* | *"lock directory"*)
      complain "another program is installing packages$(held_by "$text"): wait until it has ended, $again" ;;
    *"dpkg was interrupted"*)
      complain "an earlier installation was interrupted: run as root: dpkg --configure -a, $again" ;;
    *"Temporary failure"* | *"Could not resolve"* | *"Failed to fetch"* | *"Could not connect"* | \
      *"Cannot initiate the connection"* | *"Network is unreachable"* | *"Failed to establish a new connection"* | \
      *"name resolution"* | *"timed out"* | *"ProxyError"* | *"(from versions: none)"*)
      complain "no network, or a mirror is out of reach: $2 cannot download ${*:3}; connect this machine, $again" ;;
    *"Unable to locate package"* | *"no installation candidate"*)
      complain "apt-get does not know every package of: ${*:3}. Debian 12 and Ubuntu 24.04 are the oldest that do;" \
        "Ubuntu needs its component universe" ;;
    *) complain "$2 failed${error:+: $error}; everything it said is in $1" && return ;;
  esac
  rm -f "$1"
}

disk_is_full() { df -Pk . "${TMPDIR:-/tmp}" | awk 'NR > 1 && $4 < 10240 { full = 1 } END { exit !full }'; }

# The process that apt-get names, such as " (process 1234 (unattended-upgr))".
held_by() {
  local holder
  holder=$(grep -oE 'held by process [0-9]+( \([^)]*\))?' <<<"$1" | head -n 1) || return 0
  echo " (${holder#held by })"
}

# ask_administrator PACKAGE …: for an account that may not install them.
ask_administrator() {
  complain "this account cannot install packages; ask an administrator to run:" \
    "apt-get update && apt-get install -y --no-install-recommends $*"
}

# explain_cmake OUTPUT: CMake's first error in one line.
explain_cmake() {
  local error
  error=$(awk '/^CMake Error/ { on = 1; next } on && (/^Call Stack/ || /^-- /) { exit }
               on { $1 = $1; if ($0) printf "%s ", $0 }' <<<"$1")
  if [ -n "$error" ]; then complain "${error% }"; else echo "$1" >&2; fi
}

# need_commands NAME …: for a machine whose packages cannot be looked up.
need_commands() {
  local name
  for name in "$@"; do
    command -v "$name" >/dev/null || {
      complain "there is no apt-get here, and $name is missing: install the packages that tools/setup.sh --list names," \
        "and start again"
      return 1
    }
  done
}
