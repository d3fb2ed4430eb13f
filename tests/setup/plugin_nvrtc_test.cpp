#include <dlfcn.h>
#include <link.h>
#include <nvrtc.h>
#include <string>

#include "tests/support/catch.hpp"

namespace {

std::string path_of_loaded(const std::string& library) {
  struct Search {
    std::string name, path;
  } search{library, ""};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        auto& wanted = *static_cast<Search*>(data);
        if (std::string(info->dlpi_name).find(wanted.name) != std::string::npos)
          wanted.path = info->dlpi_name;
        return 0;
      },
      &search);
  return search.path;
}

template <typename Function>
Function function(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

// cuDNN's engines that are compiled at run time do this. NVRTC loads another library for it, by name.
TEST_CASE("the plugin brings an NVRTC that compiles, wherever CUDA is installed", "[cuda]") {
  REQUIRE(path_of_loaded("libnvrtc.so").empty());
  void* const plugin = dlopen(LENET_CUDA_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  INFO((plugin ? "" : dlerror()));
  REQUIRE(plugin);
  const std::string path = path_of_loaded("libnvrtc.so");
  REQUIRE_FALSE(path.empty());
  void* const nvrtc = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(nvrtc);

  nvrtcProgram program = nullptr;
  const char* const source = "__global__ void scale(float* x) { x[threadIdx.x] *= 2.0f; }";
  REQUIRE(function<decltype(&nvrtcCreateProgram)>(nvrtc, "nvrtcCreateProgram")(
              &program, source, "scale.cu", 0, nullptr, nullptr) == NVRTC_SUCCESS);
  const char* const options[] = {"--gpu-architecture=compute_90"};
  const nvrtcResult compiled =
      function<decltype(&nvrtcCompileProgram)>(nvrtc, "nvrtcCompileProgram")(program, 1, options);
  std::size_t size = 0;
  function<decltype(&nvrtcGetProgramLogSize)>(nvrtc, "nvrtcGetProgramLogSize")(program, &size);
  std::string log(size, '\0');
  function<decltype(&nvrtcGetProgramLog)>(nvrtc, "nvrtcGetProgramLog")(program, log.data());
  INFO(path << ": " << log);
  CHECK(compiled == NVRTC_SUCCESS);
}

}  // namespace
