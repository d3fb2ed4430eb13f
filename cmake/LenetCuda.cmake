# Finds the CUDA Toolkit and says what was found. After it, LENET_HAVE_CUDA tells whether the CUDA backend is
# built; where it is not, everything else builds and is tested all the same.
#
# LENET_CUDA=AUTO builds it where a CUDA compiler is found, ON insists, OFF does not look. Where to look first:
# CMAKE_CUDA_COMPILER or CUDACXX (nvcc itself), CUDAToolkit_ROOT, CUDA_HOME or CUDA_PATH (the toolkit's folder).
# CMAKE_CUDA_ARCHITECTURES: a developer builds this machine's; the preset cuda-release builds those that are shipped.
set(LENET_CUDA_MINIMUM 12.4)
set(LENET_HAVE_CUDA FALSE)

# Without a compiler an error if LENET_CUDA is ON, otherwise a line that says what is left out and why.
macro(lenet_without_cuda reason)
  if(LENET_CUDA STREQUAL "ON")
    message(FATAL_ERROR "LENET_CUDA is ON, but ${reason}. Point CUDACXX or -DCMAKE_CUDA_COMPILER= at nvcc of "
      "CUDA ${LENET_CUDA_MINIMUM} or later, or CUDAToolkit_ROOT at its folder, or run: tools/setup.sh --cuda pip")
  endif()
  message(STATUS "CUDA backend: not built, ${reason}")
endmacro()

if(NOT LENET_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "LENET_CUDA is '${LENET_CUDA}': expected AUTO, ON or OFF")
endif()
if(LENET_CUDA STREQUAL "OFF")
  message(STATUS "CUDA backend: not built, LENET_CUDA is OFF")
  return()
endif()

include(LenetCudaCompiler)
include(LenetCudaArchitecture)
lenet_find_nvcc(nvcc cuda_reason ${LENET_CUDA_MINIMUM})
if(NOT nvcc)
  lenet_without_cuda("${cuda_reason}")
  return()
endif()
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  set(CMAKE_CUDA_COMPILER "${nvcc}" CACHE FILEPATH "The CUDA compiler" FORCE)
endif()
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
  lenet_own_architectures(own_architectures "${nvcc}")
  set(CMAKE_CUDA_ARCHITECTURES "${own_architectures}" CACHE STRING "GPU architectures to build for")
endif()

include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  lenet_without_cuda("${nvcc} cannot compile with this machine's C++ compiler")
  return()
endif()
enable_language(CUDA)
# nvcc may call an older GCC than the one that links, as Debian's does: that one's libstdc++ must not come first.
list(FILTER CMAKE_CUDA_IMPLICIT_LINK_DIRECTORIES EXCLUDE REGEX "/gcc/")
if(CMAKE_VERSION VERSION_LESS 3.26 AND NOT TARGET CUDA::nvToolsExt)
  # CMake 3.25 sets a property of this target, which CUDA 13 no longer has. Nothing links to it.
  add_library(CUDA::nvToolsExt INTERFACE IMPORTED)
endif()
# The runtime of the compiler's own toolkit: CMake would look in the system's folders first, and all other libraries
# follow this one.
find_library(CUDA_CUDART cudart
  PATHS "${CMAKE_CUDA_COMPILER_TOOLKIT_ROOT}"
  PATH_SUFFIXES lib64 lib targets/x86_64-linux/lib
  NO_DEFAULT_PATH)
find_package(CUDAToolkit REQUIRED)
set(LENET_HAVE_CUDA TRUE)
list(JOIN CMAKE_CUDA_ARCHITECTURES ", " architectures)
message(STATUS "CUDA kernels: built with ${CMAKE_CUDA_COMPILER} (${CMAKE_CUDA_COMPILER_VERSION}) for architectures ${architectures}; "
  "toolkit ${CUDAToolkit_LIBRARY_DIR}")

set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)

# What every .cu file is compiled with. Line numbers cost nothing at run time and let Nsight Compute show source.
set(cuda_host_warnings -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
set(cuda_options -lineinfo)
set(kernel_options -Xptxas=--warn-on-spills)
if(LENET_WERROR)
  list(APPEND cuda_host_warnings -Werror)
  list(APPEND cuda_options --Werror=all-warnings)
  list(APPEND kernel_options -Xptxas=--warning-as-error)
endif()
list(JOIN cuda_host_warnings "," cuda_host_warnings)
add_library(lenet_cuda_options INTERFACE)
target_compile_options(lenet_cuda_options INTERFACE
  "$<$<COMPILE_LANGUAGE:CUDA>:${cuda_options};-Xcompiler=${cuda_host_warnings}>")
# Own kernels, too: a register that spills to memory is a warning, and so an error where warnings are. See
# tests/kernels.
add_library(lenet_kernel_options INTERFACE)
target_compile_options(lenet_kernel_options INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:${kernel_options}>")

# lenet_cuda_library(<name> SOURCES … LINK … PRIVATE_LINK …): a static library of .cu and .cpp files that see the
# CUDA runtime's headers, also as lenet::<name>.
function(lenet_cuda_library name)
  lenet_library(${name} ${ARGN})
  target_link_libraries(${name} PUBLIC lenet_cuda_options CUDA::cudart_static)
endfunction()
