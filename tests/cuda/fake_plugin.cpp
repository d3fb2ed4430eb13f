// Stands in for the CUDA backend, with invented devices.
#include "engine/core/error.hpp"
#include "engine/device/plugin.hpp"

using namespace lenet;

namespace {

#ifdef FAKE_working
class FakeBackend : public Backend {
 public:
  DeviceInfo info() const override { return {.name = "cuda:1", .description = "a GPU that is not there"}; }
  std::unique_ptr<Program> compile(const Graph&, const CompileOptions&) override {
    throw DeviceError("a GPU that is not there cannot train");
  }
};
#endif

[[maybe_unused]] std::vector<device::FoundDevice> list() {
#ifdef FAKE_working
  return {{.info = {.name = "cuda:0", .description = "an old GPU"}, .unusable = "cuda:0 is too old"},
          {.info = {.name = "cuda:1", .description = "a GPU that is not there"}, .unusable = ""}};
#else
  throw DeviceError("the driver is asleep: wake it");
#endif
}

[[maybe_unused]] std::unique_ptr<Backend> open(int index) {
#ifdef FAKE_working
  if (index == 1) return std::make_unique<FakeBackend>();
#endif
  throw DeviceError("cuda:" + std::to_string(index) + " is no use");
}

}  // namespace

#ifndef FAKE_without_entry
extern "C" const device::CudaPlugin* lenet_cuda_plugin() {
#ifdef FAKE_other_build
  static const device::CudaPlugin plugin{.stamp = "lenet plugin 0", .list = list, .open = open};
#else
  static const device::CudaPlugin plugin{.stamp = device::kPluginStamp, .list = list, .open = open};
#endif
  return &plugin;
}
#endif
