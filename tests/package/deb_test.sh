#!/usr/bin/env bash
# Makes a Debian package of a build and looks into it: tests/package/deb_test.sh BUILD
set -euo pipefail
for tool in cpack dpkg-deb dpkg-shlibdeps readelf; do
  command -v $tool >/dev/null || { echo "LENET_SKIPPED: $tool is not installed"; exit; }
done
fail() {
  echo "deb_test: $*" >&2
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cpack -G DEB --config "$1/CPackConfig.cmake" -B "$scratch"
package=$(echo "$scratch"/lenet_*.deb)
dpkg-deb -x "$package" "$scratch/root"
usr=$scratch/root/usr

version=$("$1/bin/lenet_train" --version | awk '{ print $2 }')
[ "$(dpkg-deb -f "$package" Version)" = "$version-1" ] || fail "the package is of another version than its programs"
depends=$(dpkg-deb -f "$package" Depends)
for library in libc6 libstdc++6 libcairo2 fonts-dejavu-core; do
  [[ ", $depends" == *", $library"* ]] || fail "the package does not depend on $library: $depends"
done
[[ ! $depends =~ cuda|cublas|cudnn|nvidia|nvrtc ]] || fail "the package depends on NVIDIA's: $depends"

for program in "$usr"/bin/*; do
  name=$(basename "$program")
  for file in "man/man1/$name.1.gz" "bash-completion/completions/$name"; do
    [ -s "$usr/share/$file" ] || fail "share/$file is missing"
  done
done
for file in copyright changelog.gz changelog.Debian.gz; do
  [ -s "$usr/share/doc/lenet/$file" ] || fail "share/doc/lenet/$file is missing"
done
for file in "$usr"/bin/* "$usr"/lib/lenet/*; do
  ! readelf -d "$file" | grep -E 'R(UN)?PATH' || fail "$file has a run path"
done
"$usr/bin/lenet_train" --version
