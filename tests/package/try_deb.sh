#!/usr/bin/env bash
# Installs the Debian package, uses it, and removes it, on a minimal Debian that may be thrown away afterwards:
#   tests/package/try_deb.sh PACKAGE [MNIST]        (as root)
# Nothing may stay. Without recommended packages, because apt recommends one of them itself, and so keeps it.
set -euo pipefail
package=$(realpath "$1")
data=${2:+$(realpath "$2")}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "try_deb: $*" >&2
  exit 1
}
# All files but the kernel's, this test's, those that apt and dpkg keep about their own work, and fontconfig's cache.
files() {
  find / -xdev -print |
    grep -vE "^(/proc|/sys|/dev|/run|/tmp|/var/log|/var/(lib|cache)/(apt|dpkg|debconf)|/var/cache/fontconfig|$scratch)(/|$)" |
    sort
}

files >"$scratch/before"
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$package" >"$scratch/log" 2>&1 || fail "it cannot be installed: $(tail -n 3 "$scratch/log")"

cd "$scratch"
[ "$(command -v lenet_train)" = /usr/bin/lenet_train ] || fail "lenet_train is not in /usr/bin"
for program in $(dpkg -L lenet | grep '^/usr/bin/'); do
  name=${program##*/}
  "$name" --help >/dev/null
  "$name" --man | gzip -9nc | cmp - "/usr/share/man/man1/$name.1.gz" || fail "$name has another manual page"
done
length=(--epochs 1)
if [ -z "$data" ]; then
  lenet_data synthesize --out digits --train 2000 --test 500
  data=digits length=(--steps 60 --validation 500)
fi
lenet_train --model mlp "${length[@]}" --data "$data" --device cpu --out run --quiet
lenet_eval run --data "$data" --quiet --device cpu
lenet_plot run -o curves.pdf
grep -aq DejaVuSans curves.pdf || fail "curves.pdf is not set in DejaVu Sans"
lenet_export run
lenet_report run --data "$data" --device cpu
lenet_runs run
lenet_predict run --index 0-2 --data "$data"
cd /

apt-get purge -y -qq lenet >/dev/null 2>&1
apt-get autoremove --purge -y -qq >/dev/null 2>&1
files >"$scratch/after"
diff "$scratch/before" "$scratch/after" | grep '^[<>]' | head >"$scratch/changes" || true
[ ! -s "$scratch/changes" ] || fail "files were lost (<) or left (>): $(cat "$scratch/changes")"
echo "try_deb: ${package##*/} was installed, used and removed, and nothing is left"
