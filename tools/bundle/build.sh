# shellcheck shell=bash
# Sourced by bundle.sh: builds what goes into the bundle.

# build_programs AUTO|OFF: into build/bundle, with the GPU backend for all architectures that are shipped where a CUDA
# compiler is found, or without it.
build_programs() {
  local configured
  local targets=(lenet_bench lenet_data lenet_eval lenet_export lenet_plot lenet_predict lenet_report lenet_runs lenet_serve lenet_train test_layers)
  # Messages name sources by their path in the project, not on this machine.
  configured=$(cmake --preset cuda-release -B build/bundle -DLENET_CUDA="$1" -DLENET_TESTS=ON \
    -DCMAKE_CXX_FLAGS="-fmacro-prefix-map=$PWD/=" 2>&1) || fail "the build cannot be configured: $configured"
  if grep -q '^-- CUDA backend: built' <<<"$configured"; then
    targets+=(kernel_bench test_cuda test_cuda_program test_kernel_bench)
  else
    grep '^-- CUDA backend: not built' <<<"$configured" | sed 's/^-- CUDA backend: not built/bundle.sh: WITHOUT THE GPU BACKEND/'
  fi
  cmake --build build/bundle --target "${targets[@]}"
}
