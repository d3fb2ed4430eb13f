# shellcheck shell=bash
# Sourced by setup.sh: where CUDA's compiler and libraries come from.
wheels_size="1.4 GB to download, 2.5 GB on the disk"

# The version of the NVIDIA driver, such as 580.65.06; empty without a driver or a GPU.
driver_version() {
  local version
  version=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1) || return 0
  [[ $version =~ ^[0-9]+\. ]] && echo "$version"
  return 0
}

# The major version of CUDA that the driver runs; the newest where there is none.
cuda_of_driver() {
  local driver
  driver=$(driver_version)
  if [ -z "$driver" ] || [ "${driver%%.*}" -ge 580 ]; then echo 13; else echo 12; fi
}

cuda_version() { "$1" --version 2>/dev/null | sed -nE 's/.*release ([0-9]+\.[0-9]+),.*/\1/p'; }

# The first nvcc of this machine's own that is new enough; empty if none is.
system_nvcc() {
  local minimum nvcc version named=${CUDACXX:-} # options may follow the name
  minimum=$(sed -nE 's/^set\(LENET_CUDA_MINIMUM (.*)\)/\1/p' cmake/LenetCuda.cmake)
  for nvcc in ${named%% *} "$(command -v nvcc)" /usr/local/cuda/bin/nvcc /opt/cuda/bin/nvcc; do
    version=$(cuda_version "${nvcc:-false}") || continue
    if [ -n "$version" ] && printf '%s\n' "$minimum" "$version" | sort -CV; then
      command -v "$nvcc"
      return
    fi
  done
}

wheels_nvcc() { compgen -G "$PWD/.venv/lib/python3*/site-packages/nvidia/cu$1/bin/nvcc" | tail -n 1; }

# What cuDNN's graphs are written with: headers alone.
install_cudnn_frontend() { pip_install --no-deps tools/setup/cudnn_frontend_requirements.txt; }

has_cudnn_frontend() {
  [ -n "${CUDNN_FRONTEND_ROOT:-}" ] || [ -e /usr/include/cudnn_frontend.h ] ||
    compgen -G '.venv/lib/python3*/site-packages/include/cudnn_frontend.h' >/dev/null
}

# choose_cuda MODE: installs what MODE needs, and adds what CMake is told to cmake_arguments. Sets nvcc if one is chosen.
choose_cuda() {
  nvcc=''
  case $1 in
    off) cmake_arguments+=(-DLENET_CUDA=OFF) ;;
    pip) install_cuda_wheels ;;
    system)
      nvcc=$(system_nvcc)
      [ -n "$nvcc" ] || { complain "--cuda system: this machine has no CUDA Toolkit that is new enough; --cuda pip needs none"; return 1; }
      has_cudnn_frontend || install_cudnn_frontend ;;
    '')
      [ -z "$(system_nvcc)" ] || has_cudnn_frontend || install_cudnn_frontend ||
        complain "without nvidia-cudnn-frontend the CUDA backend may be left out" ;;
  esac || return 1
  [ -z "$nvcc" ] || cmake_arguments+=(-DLENET_CUDA=ON "-DCMAKE_CUDA_COMPILER=$nvcc")
}

# The compiler and all libraries from Python packages for CUDA 13. For a driver that runs CUDA 12 only, what is published
# for it: everything but the compiler.
install_cuda_wheels() {
  local major other
  major=$(cuda_of_driver)
  if [ "$major" -eq 12 ]; then
    nvcc=$(system_nvcc)
    if [[ $(cuda_version "${nvcc:-false}") != 12.* ]]; then
      complain "--cuda pip: the NVIDIA driver $(driver_version) runs CUDA 12, whose compiler is not published as a Python" \
        "package: update the driver to 580 or later, or install a CUDA Toolkit 12 (12.4 or later), and start again"
      return 1
    fi
  fi
  other=$((25 - major))
  if compgen -G ".venv/lib/python3*/site-packages/nvidia_cudnn_cu$other-*" >/dev/null; then
    complain "--cuda pip: .venv holds cuDNN for CUDA $other, and this needs it for CUDA $major: remove .venv, and start again"
    return 1
  fi
  if [ "$major" -eq 12 ]; then
    echo "set-up: installing cuDNN for $nvcc from Python packages into .venv"
  else
    echo "set-up: installing CUDA and cuDNN from Python packages into .venv (up to $wheels_size)"
  fi
  install_cudnn_frontend && pip_install --no-deps "tools/setup/cuda_${major}_requirements.txt" || return 1
  [ "$major" -eq 12 ] || nvcc=$(wheels_nvcc "$major")
}

# offer_cuda: one line for a machine that has a GPU and whose build leaves it out.
offer_cuda() {
  local driver
  driver=$(driver_version)
  [ -n "$driver" ] || return 0
  if [ "$(cuda_of_driver)" -eq 13 ]; then
    echo "set-up: this machine has an NVIDIA GPU; to build for it: tools/setup.sh --cuda pip (CUDA and cuDNN into .venv," \
      "up to $wheels_size)"
  elif [[ $(cuda_version "$(system_nvcc)") == 12.* ]]; then
    echo "set-up: this machine has an NVIDIA GPU; to build for it: tools/setup.sh --cuda pip (cuDNN into .venv)"
  else
    echo "set-up: this machine has an NVIDIA GPU, and its driver $driver runs CUDA 12: to build for it, update the driver" \
      "to 580 or later, then: tools/setup.sh --cuda pip"
  fi
}
