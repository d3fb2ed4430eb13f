# shellcheck shell=bash disable=SC2034
# Sourced by bundle.sh: the shared libraries of the bundle, and how each file finds them.

# What every Debian has (those of glibc and GCC's C++) and what comes with NVIDIA's driver, toolkit or wheels.
of_the_system='^(linux-vdso|ld-linux-x86-64|lib(c|m|mvec|pthread|dl|rt|resolv|util|anl|nss_[a-z]+|stdc\+\+|gcc_s))\.so'
of_nvidia='^lib(cuda|cudart|cudnn|cublas|nvrtc|nvJitLink|nvidia)'

# All programs, plugins and tests of a bundle; each once.
bundled_programs() { find "$1/bin" "$1/tests" -type f -perm -u+x; }

# The same and all libraries.
all_code() { bundled_programs "$1"; find "$1/lib" -type f; }

# Prints the version of glibc that a bundle's files need.
glibc_of() { all_code "$1" | xargs objdump -T | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1 | sed 's/GLIBC_//'; }

# Prints the path of every library, libraries of libraries included, that a bundle's files need and a bare system lacks.
libraries_of() {
  local file name arrow path
  bundled_programs "$1" | while read -r file; do
    ldd "$file" | while read -r name arrow path _; do
      name=${name##*/}
      [[ ! $name =~ $of_the_system && ! $name =~ $of_nvidia ]] || continue
      [[ $arrow == '=>' && -e $path ]] || fail "$file needs $name, which is not on this machine"
      echo "$path"
    done
  done | sort -u
}

# copy_libraries FOLDER PATHS
copy_libraries() {
  # shellcheck disable=SC2086 # one library per word
  install -D -m 644 -t "$1/lib" $2
  strip --strip-unneeded "$1"/lib/*
}

# Prints the major version of the CUDA libraries that a file needs; nothing if it needs none.
cuda_version_of() { readelf -d "$1" | sed -nE 's/.*NEEDED.*lib(cublasLt|nvrtc)\.so\.([0-9]+).*/\2/p' | head -n 1; }

# Prints where a file looks for libraries: in the bundle, and for NVIDIA's, apart from the system's folders, in cuda/ of
# the bundle, as `pip install --target cuda` fills it.
run_path_of() {
  local major nvidia="\$ORIGIN/../cuda/nvidia"
  major=$(cuda_version_of "$1")
  echo -n "\$ORIGIN/../lib"
  case $major in
    '') ;;
    12) echo -n ":$nvidia/cublas/lib:$nvidia/cuda_nvrtc/lib:$nvidia/cudnn/lib" ;;
    *) echo -n ":$nvidia/cu$major/lib:$nvidia/cudnn/lib" ;;
  esac
}

set_run_paths() {
  local file
  for file in "$1"/lib/*; do patchelf --set-rpath "\$ORIGIN" "$file"; done
  bundled_programs "$1" | while read -r file; do patchelf --set-rpath "$(run_path_of "$file")" "$file"; done
}
