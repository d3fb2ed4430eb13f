# Finds cuDNN: the imported target CUDNN::cudnn, CUDNN_VERSION, CUDNN_FOUND.
#
# Looked for in CUDNN_ROOT (a CMake or an environment variable: the folder that holds include/ and lib/, as that of
# a pip package does), in the CUDA Toolkit's folders and in the system's.
set(cudnn_hints "${CUDNN_ROOT}" "$ENV{CUDNN_ROOT}")
find_path(CUDNN_INCLUDE_DIR cudnn_version.h
  HINTS ${cudnn_hints} ${CUDAToolkit_INCLUDE_DIRS}
  PATH_SUFFIXES include)
find_library(CUDNN_LIBRARY
  NAMES cudnn libcudnn.so.9 # a pip package has no libcudnn.so
  HINTS ${cudnn_hints} "${CUDAToolkit_LIBRARY_DIR}"
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
