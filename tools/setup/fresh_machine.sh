#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2317
# Runs a command in a clone of this project on a fresh machine: a minimal Debian
# that has none of our packages. A machine that has been worked on hides what
# the set-up forgot to install.
#   tools/setup/fresh_machine.sh [options] SUITE COMMAND …
#     SUITE, COMMAND  bookworm or trixie; a command in the project's folder
#     --user          as an ordinary user who may use sudo, not as root
#     --offline       without a network
#     --with PATH     copies a file or a folder into the account's home folder
#     --mirror URL    of another distribution's packages, such as Ubuntu's
#     --keyring FILE  with that distribution's keys
# The clone holds the last commit. MNIST is given along if it is here. The system
# is a chroot whose mounts and processes end with this script, however it ends;
# base systems and downloaded packages are kept in build/fresh. Needs root,
# debootstrap and a mirror that apt knows: without them it prints LENET_SKIPPED
# and the reason, and ends with 0.
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/../.."
. tools/setup/options.sh

account=root namespaces=(--mount --pid) mirror='' keyring=() given=()
while [[ ${1:-} == -* ]]; do
  case $1 in
    -h | --help) show_help; exit ;;
    --user) account=tester ;;
    --offline) namespaces+=(--net) ;;
    --mirror | --keyring | --with)
      [ $# -ge 2 ] || wrong_usage "$1: a value was expected"
      case $1 in
        --mirror) mirror=$2 ;;
        --keyring) keyring=(--keyring "$2") ;;
        --with) given+=("$(cd "$called_from" && realpath -e "$2")") || exit 2 ;;
      esac
      shift ;;
    *) wrong_usage "unknown option '$1'" ;;
  esac
  shift
done
[ $# -ge 2 ] || wrong_usage "a suite and a command were expected"
suite=$1
shift

skip() {
  echo "LENET_SKIPPED: $suite as a fresh machine: $*"
  exit 0
}
[ "$(id -u)" -eq 0 ] || skip "needs root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
unshare "${namespaces[@]}" --fork true 2>/dev/null || skip "mounting is not permitted here"

mkdir -p build/fresh
cache=$PWD/build/fresh
base=$cache/$suite.tar
system=$cache/$suite-$$
packages=$cache/$suite-packages # what apt-get downloaded
home=/root
[ "$account" = root ] || home=/home/$account
for left in "$cache/$suite"-[0-9]*; do # of a run that was killed
  [ ! -d "$left" ] || kill -0 "${left##*-}" 2>/dev/null || rm -rf --one-file-system "$left"
done
clean_up() {
  # Ends whatever still runs in the system; its mounts go with it.
  [ ! -s "$system.pid" ] || kill -KILL "$(cat "$system.pid")" 2>/dev/null || true
  rm -rf --one-file-system "$system" "$system.pid"
}
trap clean_up EXIT

# Into a folder of its own until it is complete.
make_base() {
  local generic=()
  [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    grep -E '/debian/?$' | head -n 1) || true
  [ -n "$mirror" ] || skip "apt has no source of Debian's packages"
  [ -e "/usr/share/debootstrap/scripts/$suite" ] || generic=(gutsy) # every Ubuntu's
  debootstrap --variant=minbase --components=main"${generic:+,universe}" "${keyring[@]}" \
    "$suite" "$system" "$mirror" "${generic[@]}" >"$cache/$suite.log" 2>&1 ||
    skip "debootstrap failed: $(tail -n 1 "$cache/$suite.log")"
  rm -f "$system"/var/cache/apt/archives/*.deb
  tar -C "$system" -cf "$base.$$" .
  mv "$base.$$" "$base"
  rm -rf --one-file-system "$system"
}

# inside COMMAND …: runs it in the system. The namespaces of its mounts and processes die with it.
inside() {
  local status=0
  sh -c 'echo $$ >"$0.pid" && exec "$@"' "$system" \
    unshare "${namespaces[@]}" --fork --kill-child --mount-proc="$system/proc" \
    sh -c 'mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' "$system" \
    /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "$@" || status=$?
  rm -f "$system.pid"
  return "$status"
}

# What this machine needs to reach mirrors: names, proxies, its own certificates.
copy_network_settings() {
  cp -L /etc/resolv.conf "$system/etc/"
  echo "127.0.0.1 localhost $(hostname)" >"$system/etc/hosts"
  grep -hE '^Acquire::[a-z]+::[Pp]roxy' /etc/apt/apt.conf.d/* 2>/dev/null >"$system/etc/apt/apt.conf.d/90proxy" || true
  mkdir -p "$system/usr/local/share/ca-certificates"
  cp -L /usr/local/share/ca-certificates/*.crt "$system/usr/local/share/ca-certificates/" 2>/dev/null || true
  [ ! -e /etc/pip.conf ] || cp -L /etc/pip.conf "$system/etc/"
}

make_account() {
  [ "$account" != root ] || return 0
  inside sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends sudo" \
    >"$cache/$suite.log" 2>&1 || skip "sudo cannot be installed for --user"
  inside useradd --create-home "$account"
  echo "$account ALL=(ALL) NOPASSWD: ALL" >"$system/etc/sudoers.d/$account"
}

# Into other lists than the system's, which the command is to find as they were.
reach_mirror() {
  [[ " ${namespaces[*]} " != *" --net "* ]] || return 0
  inside sh -c 'lists=$(mktemp -d) && apt-get -qq -o Dir::State::lists="$lists" -o APT::Update::Error-Mode=any update
                status=$? && rm -rf "$lists" && exit $status' >/dev/null 2>&1 || skip "its mirror is out of reach"
}

# Links, not copies: runs at the same time share the files and disturb nothing.
take_packages() { [ ! -d "$packages" ] || cp -alf "$packages/." "$system/var/cache/apt/archives/"; }
keep_packages() {
  local package
  mkdir -p "$packages"
  inside apt-get autoclean -qq >/dev/null 2>&1 || true
  ln -f "$system"/var/cache/apt/archives/*.deb "$packages/" 2>/dev/null || true
  for package in "$packages"/*.deb; do # older versions
    [ -e "$system/var/cache/apt/archives/${package##*/}" ] || rm -f "$package"
  done
}

[ -e "$base" ] || make_base
mkdir "$system"
tar -C "$system" -xpf "$base"
copy_network_settings
take_packages
reach_mirror
make_account
git clone -q --no-hardlinks . "$system$home/lenet"
[ ${#given[@]} -eq 0 ] || cp -r "${given[@]}" "$system$home/"
data=
for folder in "${LENET_DATA:-}" data/mnist ../shared/mnist; do
  if compgen -G "${folder:-/nonexistent}/train-images*" >/dev/null; then
    cp -rL "$folder" "$system$home/mnist"
    data=$home/mnist
    break
  fi
done
chroot "$system" chown -R "$account:" "$home"

echo "fresh_machine: $* on $suite as $account"
status=0
# The quotes of the words after -- are those of this command line.
inside setpriv --reuid="$account" --regid="$account" --init-groups \
  /usr/bin/env HOME="$home" USER="$account" ${data:+LENET_DATA="$data"} \
  bash -c 'cd "$HOME/lenet" && exec "$@"' -- "$@" || status=$?
keep_packages
exit "$status"
