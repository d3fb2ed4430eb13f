# Finds cuDNN: the imported target CUDNN::cudnn, CUDNN_VERSION, CUDNN_FOUND.
#
# Looked for in CUDNN_ROOT (a CMake or an environment variable: the folder that holds include/ and lib/), in the CUDA
# Toolkit's folders (next to the toolkit if that is of pip packages), in the system's, and in the pip packages of
# LENET_PYTHON_PACKAGES.
set(cudnn_hints "${CUDNN_ROOT}" "$ENV{CUDNN_ROOT}" "${CUDAToolkit_LIBRARY_DIR}/../../cudnn")
set(cudnn_wheels ${LENET_PYTHON_PACKAGES})
list(TRANSFORM cudnn_wheels APPEND "/nvidia/cudnn")
find_path(CUDNN_INCLUDE_DIR cudnn_version.h
  HINTS ${cudnn_hints} ${CUDAToolkit_INCLUDE_DIRS}
  PATHS ${cudnn_wheels}
  PATH_SUFFIXES include)
# Next to the headers first, and each folder for either name: another cuDNN on the machine is not the headers' own.
find_library(CUDNN_LIBRARY
  NAMES cudnn libcudnn.so.9 # a pip package has no libcudnn.so
  NAMES_PER_DIR
  HINTS "${CUDNN_INCLUDE_DIR}/.." ${cudnn_hints} "${CUDAToolkit_LIBRARY_DIR}"
  PATHS ${cudnn_wheels}
  PATH_SUFFIXES lib lib64)
mark_as_advanced(CUDNN_INCLUDE_DIR CUDNN_LIBRARY)

if(CUDNN_INCLUDE_DIR)
  file(STRINGS "${CUDNN_INCLUDE_DIR}/cudnn_version.h" cudnn_defines REGEX "#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
  string(REGEX REPLACE ".*CUDNN_MAJOR ([0-9]+).*CUDNN_MINOR ([0-9]+).*CUDNN_PATCHLEVEL ([0-9]+).*" "\\1.\\2.\\3"
    CUDNN_VERSION "${cudnn_defines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CUDNN
  REQUIRED_VARS CUDNN_LIBRARY CUDNN_INCLUDE_DIR
  VERSION_VAR CUDNN_VERSION)
if(CUDNN_FOUND AND NOT TARGET CUDNN::cudnn)
  add_library(CUDNN::cudnn UNKNOWN IMPORTED)
  set_target_properties(CUDNN::cudnn PROPERTIES
    IMPORTED_LOCATION "${CUDNN_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CUDNN_INCLUDE_DIR}")
endif()
