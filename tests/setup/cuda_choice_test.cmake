# The build's choice of CUDA compiler and architectures, with an nvidia-smi and compilers that are scripts:
#   cmake -DSOURCE=<project> -DSCRATCH=<folder> -P cuda_choice_test.cmake
include("${SOURCE}/cmake/LenetCudaCompiler.cmake")
include("${SOURCE}/cmake/LenetCudaArchitecture.cmake")
file(REMOVE_RECURSE "${SCRATCH}")
set(ENV{PATH} "${SCRATCH}/bin:$ENV{PATH}")

function(program path text)
  file(WRITE "${path}" "#!/bin/sh\n${text}\n")
  file(CHMOD "${path}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endfunction()

# nvcc(<path> <version> <N of compute_N> …)
function(nvcc path version)
  list(TRANSFORM ARGN REPLACE "(.+)" "compute_\\1\n" OUTPUT_VARIABLE listed)
  string(JOIN "" listed ${listed})
  program("${path}" "case $1 in --version) echo 'Cuda compilation tools, release ${version}, V${version}.88' ;; \
--list-gpu-arch) printf '${listed}' ;; esac")
endfunction()

function(expect what found expected)
  if(NOT found STREQUAL expected)
    message(SEND_ERROR "${what}: '${found}', expected '${expected}'")
  endif()
endfunction()

# Architectures: of CUDA 13.0, 12.9, 12.8 and 12.4, in the order in which nvcc lists them.
nvcc("${SCRATCH}/nvcc-13.0" 13.0 75 80 86 87 88 89 90 100 110 103 120 121)
nvcc("${SCRATCH}/nvcc-12.8" 12.8 50 52 53 60 61 62 70 72 75 80 86 87 89 90 100 101 120)
nvcc("${SCRATCH}/nvcc-12.4" 12.4 50 52 53 60 61 62 70 72 75 80 86 87 89 90)
function(expect_architectures version capabilities expected)
  string(REPLACE "," "\\n" lines "${capabilities}")
  program("${SCRATCH}/bin/nvidia-smi" "printf '${lines}\\n'")
  lenet_own_architectures(found "${SCRATCH}/nvcc-${version}")
  expect("GPUs of ${capabilities} with CUDA ${version}" "${found}" "${expected}")
endfunction()
expect_architectures(13.0 7.5 75)
expect_architectures(13.0 8.9 89)
expect_architectures(13.0 9.0 90)
expect_architectures(13.0 10.0 100)
expect_architectures(13.0 10.3 103)
expect_architectures(13.0 12.0 120)
expect_architectures(13.0 12.1 121)
expect_architectures(12.8 10.0 100)
expect_architectures(12.8 12.0 120)
expect_architectures(12.8 12.1 120)          # machine code for 120 runs on 121
expect_architectures(12.8 10.3 100)          # not 101, which is Jetson's
expect_architectures(13.0 11.0 110)
expect_architectures(12.4 9.0 90)
expect_architectures(12.4 10.0 90-virtual)   # PTX alone runs on a later major number
expect_architectures(12.4 12.0 90-virtual)
expect_architectures(13.0 13.5 121-virtual)
expect_architectures(12.8 8.9,9.0,8.9 "89;90")
expect_architectures(12.4 7.0 90)            # too old for the kernels
expect_architectures(13.0 "[N/A]" 90)
program("${SCRATCH}/bin/nvidia-smi" "echo 'NVIDIA-SMI has failed: 9.9'; exit 9")
lenet_own_architectures(found "${SCRATCH}/nvcc-13.0")
expect("without a GPU" "${found}" 90)

# The compiler: one that is too old is passed over, and the reason names it.
lenet_choose_nvcc(chosen reason 12.4 "${SCRATCH}/nvcc-12.4" "${SCRATCH}/nvcc-13.0")
expect("the first that serves" "${chosen}" "${SCRATCH}/nvcc-12.4")
lenet_choose_nvcc(chosen reason 12.8 "${SCRATCH}/nvcc-12.4" "${SCRATCH}/nvcc-13.0")
expect("an old one first" "${chosen}" "${SCRATCH}/nvcc-13.0")
lenet_choose_nvcc(chosen reason 14.0 "${SCRATCH}/nvcc-13.0" "${SCRATCH}/none")
expect("none" "${chosen}" "")
expect("why" "${reason}" "${SCRATCH}/nvcc-13.0 is CUDA 13.0.88, older than 14.0; ${SCRATCH}/none does not run")

# Python packages: a complete toolkit is taken and completed with links, also after its libraries were replaced.
set(wheels "${SCRATCH}/venv/lib/python3.11/site-packages/nvidia/cu13")
nvcc("${wheels}/bin/nvcc" 13.0 90)
lenet_wheels_nvcc(found "${SCRATCH}/venv")
expect("without the rest of a toolkit" "${found}" "")
file(MAKE_DIRECTORY "${wheels}/nvvm/bin" "${wheels}/include/crt" "${wheels}/lib")
file(TOUCH "${wheels}/nvvm/bin/cicc" "${wheels}/include/crt/host_config.h" "${wheels}/lib/libcudart_static.a"
  "${wheels}/lib/libcudart.so.13" "${wheels}/lib/libnvrtc-builtins.so.13.0" "${wheels}/lib/libcublas.so.13")
file(TOUCH "${SCRATCH}/venv/cuda_13_requirements.unfinished")
lenet_wheels_nvcc(found "${SCRATCH}/venv")
expect("while it is being installed" "${found}" "")
file(REMOVE "${SCRATCH}/venv/cuda_13_requirements.unfinished")
file(CREATE_LINK libcublas.so.12 "${wheels}/lib/libcublas.so" SYMBOLIC) # of an earlier version
foreach(time IN ITEMS first second)
  lenet_wheels_nvcc(found "${SCRATCH}/venv")
  expect("a toolkit, the ${time} time" "${found}" "${wheels}/bin/nvcc")
  foreach(link IN ITEMS libcudart libnvrtc-builtins libcublas)
    if(NOT EXISTS "${wheels}/lib64/${link}.so")
      message(SEND_ERROR "no lib64/${link}.so")
    endif()
  endforeach()
endforeach()
file(REMOVE_RECURSE "${SCRATCH}")
