#include "tests/support/backends.hpp"

#include "engine/devices.hpp"

namespace lenet {
namespace {

std::vector<TestBackend> open_all() {
  std::vector<TestBackend> backends;
  for (const int threads : {1, 2})
    backends.push_back(
        {.name = "cpu with " + std::to_string(threads) + (threads == 1 ? " thread" : " threads"),
         .backend = open_backend(parse_device("cpu"), threads).backend});
  for (const DeviceInfo& device : list_devices())
    if (device.name != "cpu")
      backends.push_back(
          {.name = device.name, .backend = open_backend(parse_device(device.name), 0).backend});
  return backends;
}

}  // namespace

std::vector<TestBackend>& available_backends() {
  static std::vector<TestBackend> backends = open_all();
  return backends;
}

}  // namespace lenet
