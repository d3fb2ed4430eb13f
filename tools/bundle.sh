#!/usr/bin/env bash
# Writes an archive that runs where it is unpacked, on a bare Debian 12 or 13:
# programs, GPU backend, GPU check with its tests, and every library that such a
# system lacks, except NVIDIA's.
#   tools/bundle.sh [options]
#     --cpu           without the GPU backend, which is built if there is a CUDA
#                     compiler
#     --build FOLDER  of a finished build with its tests: nothing is compiled
#     --out FOLDER    for lenet-<version>-linux-x86_64.tar.xz [build]
#     --unpacked      write the folder instead of the archive
# From one build of one commit, the archive is the same each time.
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/.."
. tools/setup/options.sh
. tools/setup/packages.sh
. tools/bundle/build.sh
. tools/bundle/libraries.sh
. tools/bundle/licences.sh
. tools/bundle/check.sh

fail() {
  echo "bundle.sh: $*" >&2
  exit 1
}
# folder_of OPTION FOLDER: the folder's path, which is relative to where the user is.
folder_of() {
  [ -n "${2:-}" ] || wrong_usage "$1: a folder was expected"
  (cd "$called_from" && realpath -m "$2")
}

build='' gpu=AUTO out=$PWD/build unpacked=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) show_help; exit ;;
    --cpu) gpu=OFF ;;
    --build) build=$(folder_of "$@"); shift ;;
    --out) out=$(folder_of "$@"); shift ;;
    --unpacked) unpacked=yes ;;
    *) wrong_usage "unknown option '$1'" ;;
  esac
  shift
done

copy_programs() { # from build $1 to bundle $2
  local plugin
  install -D -t "$2/bin" "$1"/bin/lenet_*
  for plugin in "$1"/bin/liblenet_*.so "$1"/bin/kernel_bench; do
    [ ! -e "$plugin" ] || install -t "$2/bin" "$plugin"
  done
  install -D -t "$2/tests" "$1/tests/test_layers"
  if [ -e "$1/bin/liblenet_cuda.so" ]; then
    install -t "$2/tests" "$1"/tests/test_{cuda,cuda_program,kernel_bench}
    cp -r "$1/tests/devices" "$2/tests/"
    ln -s ../bin/liblenet_cuda.so "$2/tests/" # where the tests look for it
  fi
  strip --strip-unneeded "$2"/bin/* "$2"/tests/test_*
}

# The bundle's README: what it says of GPUs is for bundles that have the backend.
write_readme() { # of bundle $1
  local major='' wheels=''
  [ ! -e "$1/bin/liblenet_cuda.so" ] || major=$(cuda_version_of "$1/bin/liblenet_cuda.so")
  # The set-up's versions. Its list for CUDA 12 leaves to the toolkit what has that toolkit's own version.
  [ "$major" != 12 ] || wheels="nvidia-cublas-cu12 nvidia-cuda-nvrtc-cu12 "
  [ -z "$major" ] || wheels+=$(grep -E '^nvidia-(cublas|cuda-nvrtc|cudnn)' "tools/setup/cuda_${major}_requirements.txt" |
    sed "s/.*/'&'/" | paste -sd ' ')
  sed "s/@GLIBC@/$(glibc_of "$1")/; s/@CUDA@/$major/g; s/@WHEELS@/$wheels/" tools/bundle/README.md >"$1/README.md"
  [ -n "$major" ] || sed -i '/^## NVIDIA/,/^## Licences/{/^## Licences/!d}' "$1/README.md"
}

copy_texts() { # from build $1 to bundle $2
  cp CHANGELOG.md "$2/"
  mkdir -p "$2/share/doc/lenet" "$2/share/lenet/fonts"
  cp --parents README.md CONTRIBUTING.md tools/readme/* tools/gpu_check/gpu_report.md "$2/share/doc/lenet/"
  cp -r "$1/share/bash-completion" "$1/share/man" "$2/share/"
  cp -L /usr/share/fonts/truetype/dejavu/DejaVuSans{,-Bold}.ttf "$2/share/lenet/fonts/"
  cp --parents tools/gpu_check.sh tools/gpu_check/*.py tools/bench/*.py "$2/"
}

mapfile -t needed < <(packages_of bundle)
install_packages "${needed[@]}"
if [ -z "$build" ]; then
  build=build/bundle
  build_programs "$gpu"
fi
[ -x "$build/bin/lenet_train" ] || fail "$build/bin holds no programs: build them first"
version=$("$build/bin/lenet_train" --version | awk '{ print $2 }')
name=lenet-$version-linux-$(uname -m)
folder=$out/$name
rm -rf "$folder" "$folder.tar.xz"

copy_programs "$build" "$folder"
copy_texts "$build" "$folder"
libraries=$(libraries_of "$folder")
copy_libraries "$folder" "$libraries"
set_run_paths "$folder"
copy_licences "$folder" <<<"$libraries"
write_readme "$folder"
check_bundle "$folder"
chmod -R u=rwX,go=rX "$folder"
if [ -n "$unpacked" ]; then
  echo "$folder: $(du -sm "$folder" | cut -f 1) MiB"
  exit
fi

# Of the commit; of the release where there is no repository.
time=$(git log -1 --format=@%ct 2>/dev/null || sed -n 's/^## [0-9.]* - \(.*\)/\1 UTC/p' CHANGELOG.md | head -n 1)
tar -C "$out" --sort=name --mtime="$time" --owner=0 --group=0 --numeric-owner -cf - "$name" | xz -9 -T1 >"$folder.tar.xz"
rm -rf "$folder"
size=$(stat -c %s "$folder.tar.xz")
[ "$size" -lt $((60 << 20)) ] || fail "$folder.tar.xz has $((size >> 20)) MiB, more than 60"
echo "$folder.tar.xz: $((size >> 20)) MiB"
