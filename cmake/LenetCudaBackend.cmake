# What the CUDA backend needs beyond the CUDA Toolkit. After it, LENET_HAVE_CUDA_BACKEND tells whether the plugin
# liblenet_cuda.so is built. Where to look first: CUDNN_ROOT and CUDNN_FRONTEND_ROOT.
set(LENET_CUDNN_MINIMUM 9.1)
set(LENET_CUDNN_FRONTEND_MINIMUM 1.16)
set(LENET_HAVE_CUDA_BACKEND FALSE)
if(NOT LENET_HAVE_CUDA)
  return()
endif()

macro(lenet_without_cuda_backend reason)
  if(LENET_CUDA STREQUAL "ON")
    message(FATAL_ERROR "LENET_CUDA is ON, but ${reason}")
  endif()
  message(STATUS "CUDA backend: not built, ${reason}")
endmacro()

# Where pip installs: in the project's .venv and for the python3 that is on PATH.
file(GLOB LENET_PYTHON_PACKAGES "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages")
execute_process(COMMAND python3 -c "import sysconfig; print(sysconfig.get_path('purelib'))"
  OUTPUT_VARIABLE python_packages OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
list(APPEND LENET_PYTHON_PACKAGES ${python_packages})

find_package(CUDNN ${LENET_CUDNN_MINIMUM} QUIET)
if(NOT CUDNN_FOUND)
  lenet_without_cuda_backend("cuDNN ${LENET_CUDNN_MINIMUM} or later was not found (found: '${CUDNN_VERSION}' at '${CUDNN_LIBRARY}'). \
Set CUDNN_ROOT to the folder with its include/ and lib/, or run: tools/setup.sh --cuda pip")
  return()
endif()
find_package(CudnnFrontend ${LENET_CUDNN_FRONTEND_MINIMUM} QUIET)
if(NOT CudnnFrontend_FOUND)
  lenet_without_cuda_backend("the headers of cudnn-frontend ${LENET_CUDNN_FRONTEND_MINIMUM} or later were not found (found: \
'${CudnnFrontend_VERSION}' at '${CudnnFrontend_INCLUDE_DIR}'). Set CUDNN_FRONTEND_ROOT to the folder with their include/, or run: \
tools/setup.sh --cuda pip")
  return()
endif()
if(NOT TARGET CUDA::cublasLt)
  lenet_without_cuda_backend("the CUDA Toolkit in ${CUDAToolkit_LIBRARY_DIR} has no cuBLAS: install its libcublas-dev")
  return()
endif()
if(NOT TARGET CUDA::nvrtc)
  lenet_without_cuda_backend("the CUDA Toolkit in ${CUDAToolkit_LIBRARY_DIR} has no NVRTC: install its cuda-nvrtc-dev")
  return()
endif()
set(LENET_HAVE_CUDA_BACKEND TRUE)
message(STATUS "CUDA backend: built with cuDNN ${CUDNN_VERSION} (${CUDNN_LIBRARY}) and cudnn-frontend ${CudnnFrontend_VERSION} "
  "(${CudnnFrontend_INCLUDE_DIR})")
