# shellcheck shell=bash
# Sourced by the set-up scripts: the table of packages, and their installation on Debian and Ubuntu.
. tools/setup/advice.sh

# packages_of GROUP …: Debian's names.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $3 }' tools/setup/packages.txt
  done
}

list_packages() {
  printf '%-9s %-21s %-19s %s\n' for "Debian, Ubuntu" "Fedora (untested)" "Arch (untested)"
  awk '!/^#/ { printf "%-9s %-21s %-19s %s\n", $1, $3, $4, $5 }' tools/setup/packages.txt
}

has_apt() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# install_packages NAME …: installs what is missing of Debian's packages; otherwise says why not, and returns 1. Needs
# neither rights nor a network where nothing is missing.
install_packages() {
  local missing
  if ! has_apt; then
    complain "there is no apt-get here: install with this system's own package manager what tools/setup.sh --list" \
      "names for: $*"
    return 1
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

apt_install() {
  local log status=0 as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
    command -v sudo >/dev/null || { ask_administrator "$@"; return 1; }
  fi
  as_root+=(env LC_ALL=C DEBIAN_FRONTEND=noninteractive)
  echo "set-up: installing $*"
  log=$(mktemp)
  # One source of several may be out of reach: that is an error only if the packages cannot be installed.
  "${as_root[@]}" apt-get update -qq >"$log" 2>&1 || status=$?
  if [ "$status" -eq 0 ] || [ "$status" -eq 100 ]; then
    status=0
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1 || status=$?
  fi
  case $status in
    0) rm -f "$log" && return ;;
    100) explain "$log" apt-get "$@" ;;
    *) # not apt-get's code, so sudo's
      rm -f "$log"
      ask_administrator "$@" ;;
  esac
  return 1
}
