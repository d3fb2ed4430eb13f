#!/usr/bin/env bash
# Tries what users get on machines that have nothing else, Debian 12 and 13: a bundle, and the Debian package, which is
# made on such a machine, too. By hand, because it takes long: tests/package/fresh_machines.sh ARCHIVE
# Shows as LENET_SKIPPED what lacks root, debootstrap or a mirror.
set -euo pipefail
archive=$(realpath "$1")
cd "$(dirname "$0")/../.."

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
tar -C "$unpacked" -xf "$archive" # here, because a minimal Debian has no xz
bundle=$(basename "$archive" .tar.xz)
for suite in bookworm trixie; do
  tools/setup/fresh_machine.sh --with "$unpacked/$bundle" "$suite" tests/package/try_bundle.sh "../$bundle" ../mnist
  tools/setup/fresh_machine.sh "$suite" tests/package/make_deb.sh ../mnist
done
