#!/usr/bin/env bash
# Runs a command in a clone of this project on a fresh machine: a minimal Debian that has none of our packages. A
# machine that has been worked on hides what the set-up forgot to install.
#   tools/setup/fresh_machine.sh [--user] SUITE COMMAND …      (bookworm or trixie; COMMAND in the project's folder)
# --user runs it as an ordinary user who may use sudo. The clone holds the last commit. Needs root, debootstrap, and
# apt sources that reach a Debian mirror: without them it prints LENET_SKIPPED and the reason, and ends with 0. The
# base systems are kept in build/fresh/. MNIST is given along if it is here.
set -euo pipefail
cd "$(dirname "$0")/../.."

account=root
if [ "${1:-}" = --user ]; then
  account=tester
  shift
fi
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
suite=$1
shift

skip() {
  echo "LENET_SKIPPED: $suite as a fresh machine: $*"
  exit 0
}
[ "$(id -u)" -eq 0 ] || skip "needs root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
  grep -E '/debian/?$' | head -n 1) || true
[ -n "$mirror" ] || skip "apt has no source of Debian's packages"

mkdir -p build/fresh
base=$PWD/build/fresh/$suite.tar
system=$PWD/build/fresh/$suite-$$
clean_up() {
  umount "$system/dev" "$system/proc" 2>/dev/null || true
  rm -rf --one-file-system "$system"
}
trap clean_up EXIT

if [ ! -e "$base" ]; then
  debootstrap --variant=minbase "$suite" "$system" "$mirror" >"build/fresh/$suite.log" 2>&1 ||
    skip "debootstrap failed: $(tail -n 1 "build/fresh/$suite.log")"
  tar -C "$system" -cf "$base.new" .
  mv "$base.new" "$base"
  rm -rf --one-file-system "$system"
fi
mkdir "$system"
tar -C "$system" -xpf "$base"
mount -t proc proc "$system/proc"
mount --bind /dev "$system/dev"
cp -L /etc/resolv.conf "$system/etc/"
grep -hE '^Acquire::[a-z]+::[Pp]roxy' /etc/apt/apt.conf.d/* 2>/dev/null >"$system/etc/apt/apt.conf.d/90proxy" || true

inside() { chroot "$system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "$@"; }
home=/root
if [ "$account" != root ]; then
  inside sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends sudo" >/dev/null
  inside useradd --create-home "$account"
  echo "$account ALL=(ALL) NOPASSWD: ALL" >"$system/etc/sudoers.d/$account"
  home=/home/$account
fi
git clone -q --no-hardlinks . "$system$home/lenet"
data=
for folder in "${LENET_DATA:-}" data/mnist ../shared/mnist; do
  [ -n "$folder" ] && compgen -G "$folder/train-images*" >/dev/null || continue
  cp -rL "$folder" "$system$home/mnist"
  data=$home/mnist
  break
done
chroot "$system" chown -R "$account:" "$home"

echo "fresh_machine: $* on $suite as $account"
# The quotes of the words after -- are those of this command line.
inside setpriv --reuid="$account" --regid="$account" --init-groups \
  /usr/bin/env HOME="$home" USER="$account" ${data:+LENET_DATA="$data"} \
  bash -c 'cd "$HOME/lenet" && exec "$@"' -- "$@"
