# shellcheck shell=bash disable=SC2154
# Sourced by bundle.sh: what must hold of a bundle, whatever it was made from.

# check_bundle FOLDER: every file looks for libraries below the bundle's folder only, and finds all there but those of
# the system and of NVIDIA.
check_bundle() {
  local file path name
  while read -r file; do
    while IFS= read -r path; do
      [[ $path == \$ORIGIN || $path == \$ORIGIN/* ]] || fail "$file looks for libraries in '$path'"
    done < <(readelf -d "$file" | sed -n 's/.*R\(UN\)\{0,1\}PATH.*\[\(.*\)\]/\2/p' | tr : '\n')
    for name in $(readelf -d "$file" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p'); do
      [[ $name =~ $of_the_system || $name =~ $of_nvidia || -e $1/lib/$name ]] || fail "$file needs $name, which is missing"
    done
  done < <(all_code "$1")
}
