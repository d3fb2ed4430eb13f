# shellcheck shell=bash disable=SC2154
# Sourced by bundle.sh: the licences of what is in the bundle.

# Prints the Debian package that a file belongs to.
package_of() {
  local path
  path=$(readlink -f "$1")
  # dpkg knows a file under /lib or under /usr/lib, whichever it was packed with.
  { dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null ||
    fail "$path belongs to no Debian package: its licence is unknown"; } | head -n 1 | cut -d : -f 1
}

# Lists what a package put into the bundle, and copies its copyright file and the licences that it refers to.
# add_package PACKAGE CONTENT FOLDER
add_package() {
  local text=/usr/share/doc/$1/copyright name
  [ -e "$text" ] || fail "$text is missing: apt-get install --reinstall $1"
  printf '%-28s %-24s %s\n' "$2" "$1" "$(dpkg-query -W -f '${Version}\n' "$1" | head -n 1)" >>"$3/contents.txt"
  cp -L "$text" "$3/$1.txt"
  { grep -ohE '/usr/share/common-licenses/[A-Za-z0-9.-]+[A-Za-z0-9]' "$text" || true; } | sort -u | while read -r name; do
    [ ! -e "$name" ] || cp -L "$name" "$3/common/"
  done
}

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

# NVIDIA's code in the GPU backend: the headers of cudnn-frontend (MIT) and the static CUDA runtime.
add_nvidia() {
  local headers toolkit found
  headers=$(cached CudnnFrontend_INCLUDE_DIR)
  toolkit=$(dirname "$(dirname "$(cached CMAKE_CUDA_COMPILER)")")
  found=$(find "$headers/.." -maxdepth 3 -iname 'LICENSE*' -path '*cudnn*frontend*' | sort | tail -n 1)
  [ -n "$found" ] || fail "the licence of cudnn-frontend is not near $headers"
  cp "$found" "$1/cudnn-frontend.txt"
  printf '%-28s %s\n' 'in the GPU backend' 'cudnn-frontend (headers), MIT licence' \
    '' 'CUDA runtime (libcudart_static), https://docs.nvidia.com/cuda/eula/' >>"$1/contents.txt"
  found=$(find "$toolkit/" -maxdepth 4 -iname 'EULA.txt' -o -maxdepth 4 -ipath '*cuda_runtime*license*.txt' | head -n 1)
  [ -z "$found" ] || cp "$found" "$1/cuda-runtime.txt"
}

# copy_licences FOLDER: of its libraries, whose paths on this machine come on standard input, of its fonts, and of what
# is compiled into its programs.
copy_licences() {
  local licences=$1/share/doc/lenet/licences path package
  mkdir -p "$licences/common"
  {
    echo "What this folder holds of others, with Debian's package and version, whose source Debian keeps. The licence of"
    echo "each is in the file with the name of its package; common/ holds the longer ones that these refer to."
    echo
  } >"$licences/contents.txt"
  while read -r path; do add_package "$(package_of "$path")" "lib/${path##*/}" "$licences"; done
  add_package fonts-dejavu-core share/lenet/fonts "$licences"
  for package in libfmt-dev nlohmann-json3-dev libtomlplusplus-dev; do
    add_package "$package" "in the programs" "$licences"
  done
  add_package catch2 "in the tests" "$licences"
  [ ! -e "$1/bin/liblenet_cuda.so" ] || add_nvidia "$licences"
}
