# `cpack -G DEB --config build/<preset>/CPackConfig.cmake` writes build/<preset>/lenet_<version>_<architecture>.deb: all
# that `cmake --install` installs. debian_package.cmake adds what Debian asks of a package.
set(CPACK_PACKAGE_NAME lenet)
set(CPACK_PACKAGE_CONTACT "lenet maintainers <maintainers@lenet.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "train networks that read handwritten digits")
if(LENET_HAVE_CUDA_BACKEND)
  string(CONCAT gpu_description "NVIDIA GPUs need, from NVIDIA, a driver for CUDA ${CUDAToolkit_VERSION_MAJOR}, cuDNN 9, cuBLAS\n"
    "and NVRTC.")
else()
  set(gpu_description "This build has no backend for GPUs.")
endif()
set(CPACK_PACKAGE_DESCRIPTION "Trains a softmax regressor, a multi-layer perceptron and a LeNet-like
convolutional network on MNIST, evaluates and times them, draws curves and
confusion matrices, and predicts the digits in pictures. CPUs compute with
AVX-512, AVX2 or SSE4.
.
${gpu_description}")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates) # for the download of MNIST
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, man-db")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/debian_package.cmake")
set(CPACK_LENET_SOURCE_DIR "${PROJECT_SOURCE_DIR}")
set(CPACK_LENET_RELEASE_DAY "${RELEASE_DAY}")
include(CPack)
