# shellcheck shell=bash
# Sourced by setup.sh and test.sh: their command line.

wrong_usage() {
  echo "$(basename "$0"): $* (--help says more)" >&2
  exit 2
}

presets() { sed -nE 's/.*"name": "([a-z-]+)", "configurePreset".*/\1/p' CMakePresets.json | sort -u; }

# check_cuda_choice VALUE
check_cuda_choice() {
  [[ $1 =~ ^(pip|system|off)$ ]] || wrong_usage "--cuda '$1': expected pip, system or off"
}

# read_options ARGUMENT …: sets preset, cuda and cmake_arguments; --help ends the script.
# shellcheck disable=SC2034 # used by those who source this file
read_options() {
  preset='' cuda='' cmake_arguments=()
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) show_help; exit ;;
      --cuda) check_cuda_choice "${2-}" && cuda=$2 && shift ;;
      --cuda=*) check_cuda_choice "${1#*=}" && cuda=${1#*=} ;;
      -D | -U | -W)
        [ $# -ge 2 ] || wrong_usage "$1: a value was expected"
        cmake_arguments+=("$1$2")
        shift ;;
      -D* | -U* | -W* | --fresh | --log-level=* | --trace* | --debug-*) cmake_arguments+=("$1") ;;
      -*) wrong_usage "unknown option '$1'" ;;
      *)
        [ -z "$preset" ] || wrong_usage "two presets: '$preset' and '$1'"
        presets | grep -qxF -- "$1" || wrong_usage "no preset '$1': expected $(presets | paste -sd ' ')"
        preset=$1 ;;
    esac
    shift
  done
  preset=${preset:-release}
}

# The comment at the head of the script.
show_help() {
  local script
  script=tools/$(basename "$0")
  [ -e "$script" ] || script=tools/setup/$(basename "$0")
  awk 'NR == 1 || /^# shellcheck/ { next } !sub(/^# ?/, "") { exit } { print }' "$script"
}
