#!/usr/bin/env bash
# Makes a bundle of a build, moves it, and uses it: tests/package/bundle_test.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/setup/packages.sh
. tools/bundle/libraries.sh

command -v dpkg-query >/dev/null || { echo "LENET_SKIPPED: bundles are made on Debian"; exit; }
mapfile -t needed < <(packages_of bundle)
lacking=$(missing_packages "${needed[@]}" | tr '\n' ' ')
[ -z "$lacking" ] || { echo "LENET_SKIPPED: not installed: $lacking"; exit; }
fail() {
  echo "bundle_test: $*" >&2
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tools/bundle.sh --build "$1" --out "$scratch" --unpacked
mv "$scratch"/lenet-* "$scratch/moved"
bundle=$scratch/moved

# What the dynamic linker takes, libraries of libraries included, is in the bundle, of the system, or NVIDIA's.
for file in "$bundle"/bin/* "$bundle"/tests/test_*; do
  while read -r name _ path _; do
    name=${name##*/}
    [[ $path == "$bundle"/* || $name =~ $of_the_system || $name =~ $of_nvidia ]] || fail "$file takes $name from '$path'"
  done < <(ldd "$file")
done
for library in "$bundle"/lib/*; do
  grep -q "^lib/${library##*/} " "$bundle/share/doc/lenet/licences/contents.txt" || fail "no licence for $library"
done
tests/package/try_bundle.sh "$bundle"
