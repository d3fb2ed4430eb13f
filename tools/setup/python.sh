# shellcheck shell=bash
# Sourced by the set-up scripts: the project's virtual environment, .venv. PYTHON names the interpreter; Debian's is the
# default, because it sees Debian's PyTorch.

# make_environment: makes .venv unless it is there and works.
make_environment() {
  local python=${PYTHON:-/usr/bin/python3} log
  .venv/bin/python -m pip --version >/dev/null 2>&1 && return
  if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    # shellcheck disable=SC2046
    install_packages $(packages_of python) || return 1
  fi
  log=$(mktemp)
  if ! "$python" -m venv --clear --system-site-packages .venv >"$log" 2>&1; then
    rm -rf .venv
    explain_python "$log"
    return 1
  fi
  rm -f "$log"
}

explain_python() {
  if grep -qE 'ensurepip is not|No module named' "$1"; then
    complain "${PYTHON:-/usr/bin/python3} cannot make virtual environments: install its package for venv" \
      "(python3-venv on Debian), and start again"
    rm -f "$1"
  else
    explain "$1" "python3 -m venv" "$(packages_of python)"
  fi
}

# pip_install [--no-deps] REQUIREMENTS: installs what a file of requirements names into .venv; otherwise says why not,
# and returns 1. pip first downloads everything. From then on until all is there, a mark says that .venv is unfinished:
# the next call installs everything again, and CMake takes no compiler from it.
pip_install() {
  local requirements=${*: -1} log mark made='' again=()
  mark=.venv/$(basename "$requirements" .txt).unfinished
  [ -d .venv ] || made=yes
  make_environment || return 1
  [ ! -e "$mark" ] || again=(--force-reinstall)
  log=$(mktemp)
  touch "$mark"
  if .venv/bin/python -m pip install --disable-pip-version-check "${again[@]}" "${@:1:$#-1}" -r "$requirements" \
    >"$log" 2>&1; then
    rm -f "$mark" "$log"
    return
  fi
  if [ -n "$made" ]; then
    rm -rf .venv
  elif [ ${#again[@]} -eq 0 ] && ! grep -q '^Installing collected packages' "$log"; then
    rm -f "$mark" # nothing was changed
  fi
  explain "$log" pip "$(grep -cv '^#' "$requirements") Python packages of $requirements"
  return 1
}
