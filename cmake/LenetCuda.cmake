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
      "CUDA ${LENET_CUDA_MINIMUM} or later, or CUDAToolkit_ROOT at its folder.")
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

# That of this machine's first GPU; 90 where there is none or a later one, which runs the PTX of 90.
function(lenet_own_architecture result)
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
    OUTPUT_VARIABLE capabilities RESULT_VARIABLE failed ERROR_QUIET)
  set(${result} 90 PARENT_SCOPE)
  if(failed EQUAL 0 AND capabilities MATCHES "^([0-9]+)\\.([0-9])")
    set(own "${CMAKE_MATCH_1}${CMAKE_MATCH_2}")
    if(own GREATER_EQUAL 75 AND own LESS 90)
      set(${result} ${own} PARENT_SCOPE)
    endif()
  endif()
endfunction()

if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  find_program(LENET_NVCC nvcc
    HINTS ENV CUDAToolkit_ROOT ENV CUDA_HOME ENV CUDA_PATH "${CUDAToolkit_ROOT}"
    PATHS /usr/local/cuda /opt/cuda
    PATH_SUFFIXES bin)
  mark_as_advanced(LENET_NVCC)
  if(LENET_NVCC)
    set(CMAKE_CUDA_COMPILER "${LENET_NVCC}" CACHE FILEPATH "The CUDA compiler")
  endif()
endif()
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  if(DEFINED ENV{CUDAARCHS})
    set(CMAKE_CUDA_ARCHITECTURES "$ENV{CUDAARCHS}" CACHE STRING "GPU architectures to build for")
  else()
    lenet_own_architecture(own_architecture)
    set(CMAKE_CUDA_ARCHITECTURES ${own_architecture} CACHE STRING "GPU architectures to build for")
  endif()
endif()

include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  lenet_without_cuda("no working CUDA compiler was found on PATH, in CUDACXX, CUDA_HOME, CUDA_PATH or /usr/local/cuda")
  return()
endif()
enable_language(CUDA)
if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS LENET_CUDA_MINIMUM)
  lenet_without_cuda("${CMAKE_CUDA_COMPILER} is CUDA ${CMAKE_CUDA_COMPILER_VERSION}, older than ${LENET_CUDA_MINIMUM}")
  return()
endif()
find_package(CUDAToolkit REQUIRED)
set(LENET_HAVE_CUDA TRUE)
list(JOIN CMAKE_CUDA_ARCHITECTURES ", " architectures)
message(STATUS "CUDA kernels: built with ${CMAKE_CUDA_COMPILER} (${CMAKE_CUDA_COMPILER_VERSION}) for architectures ${architectures}; "
  "toolkit ${CUDAToolkit_LIBRARY_DIR}")

set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)

# What every .cu file is compiled with. Line numbers cost nothing at run time and let Nsight Compute show source.
# A register that spills to memory is a warning, and so an error where warnings are: see tests/kernels too.
set(cuda_host_warnings -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
set(cuda_options -lineinfo -Xptxas=--warn-on-spills)
if(LENET_WERROR)
  list(APPEND cuda_host_warnings -Werror)
  list(APPEND cuda_options --Werror=all-warnings -Xptxas=--warning-as-error)
endif()
list(JOIN cuda_host_warnings "," cuda_host_warnings)
add_library(lenet_cuda_options INTERFACE)
target_compile_options(lenet_cuda_options INTERFACE
  "$<$<COMPILE_LANGUAGE:CUDA>:${cuda_options};-Xcompiler=${cuda_host_warnings}>")

# lenet_cuda_library(<name> SOURCES … LINK … PRIVATE_LINK …): a static library of .cu and .cpp files that see the
# CUDA runtime's headers, also as lenet::<name>.
function(lenet_cuda_library name)
  lenet_library(${name} ${ARGN})
  target_link_libraries(${name} PUBLIC lenet_cuda_options CUDA::cudart_static)
endfunction()
