# Finds NVIDIA's header-only C++ interface to cuDNN's graphs: the target CudnnFrontend::headers,
# CudnnFrontend_VERSION, CudnnFrontend_FOUND.
#
# Looked for in CUDNN_FRONTEND_ROOT (a CMake or an environment variable: the folder that holds include/), in the
# system's folders, and in the wheel nvidia-cudnn-frontend of LENET_PYTHON_PACKAGES.
# Where none of these has it, it is fetched at a fixed tag and hash, unless FETCHCONTENT_FULLY_DISCONNECTED forbids it.
set(CudnnFrontend_FETCHED_VERSION 1.16.1)

set(frontend_hints "${CUDNN_FRONTEND_ROOT}" "$ENV{CUDNN_FRONTEND_ROOT}")
find_path(CudnnFrontend_INCLUDE_DIR cudnn_frontend.h
  HINTS ${frontend_hints}
  PATHS ${LENET_PYTHON_PACKAGES}
  PATH_SUFFIXES include)

set(frontend_url "https://github.com/NVIDIA/cudnn-frontend/archive/refs/tags/v${CudnnFrontend_FETCHED_VERSION}.zip")
if(NOT CudnnFrontend_INCLUDE_DIR AND NOT FETCHCONTENT_FULLY_DISCONNECTED)
  # Asked first, because a download that fails would end the whole configuration.
  file(DOWNLOAD "${frontend_url}" "${PROJECT_BINARY_DIR}/cudnn_frontend.zip" TIMEOUT 60 STATUS frontend_downloaded)
  list(GET frontend_downloaded 0 frontend_failed)
  if(frontend_failed EQUAL 0)
    include(FetchContent)
    # Only its headers are wanted: SOURCE_SUBDIR names a folder without a CMakeLists.txt.
    FetchContent_Declare(cudnn_frontend
      URL "${PROJECT_BINARY_DIR}/cudnn_frontend.zip"
      URL_HASH SHA256=453d4650e6a25ede58fbbd7077c64ebe92734218d474ec7371bb13fa6d2181fa
      DOWNLOAD_EXTRACT_TIMESTAMP FALSE
      SOURCE_SUBDIR include)
    FetchContent_MakeAvailable(cudnn_frontend)
    set(CudnnFrontend_INCLUDE_DIR "${cudnn_frontend_SOURCE_DIR}/include" CACHE PATH "" FORCE)
  endif()
endif()
mark_as_advanced(CudnnFrontend_INCLUDE_DIR)

if(CudnnFrontend_INCLUDE_DIR)
  file(STRINGS "${CudnnFrontend_INCLUDE_DIR}/cudnn_frontend_version.h" frontend_defines
    REGEX "#define CUDNN_FRONTEND_(MAJOR|MINOR|PATCH)_VERSION ")
  string(REGEX REPLACE ".*MAJOR_VERSION ([0-9]+).*MINOR_VERSION ([0-9]+).*PATCH_VERSION ([0-9]+).*" "\\1.\\2.\\3"
    CudnnFrontend_VERSION "${frontend_defines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CudnnFrontend
  REQUIRED_VARS CudnnFrontend_INCLUDE_DIR
  VERSION_VAR CudnnFrontend_VERSION)
if(CudnnFrontend_FOUND AND NOT TARGET CudnnFrontend::headers)
  add_library(CudnnFrontend::headers INTERFACE IMPORTED)
  # SYSTEM, as all imported targets: its warnings are not ours.
  set_target_properties(CudnnFrontend::headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${CudnnFrontend_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS CUDNN_FRONTEND_SKIP_JSON_LIB)
endif()
