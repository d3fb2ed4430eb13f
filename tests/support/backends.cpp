#include "tests/support/backends.hpp"

#include <cstdlib>

#include "engine/device/devices.hpp"

namespace lenet {
namespace {

std::vector<std::string> other_devices() {
  if (const char* const device = std::getenv("LENET_TEST_DEVICE")) return {device};
  std::vector<std::string> names;
  for (const DeviceInfo& device : device::list_devices())
    if (!device.on_host) names.push_back(device.name);
  return names;
}

std::vector<TestBackend> open_all() {
  std::vector<TestBackend> backends;
  for (const int threads : {1, 2})
    backends.push_back(
        {.name = "cpu with " + std::to_string(threads) + (threads == 1 ? " thread" : " threads"),
         .backend = device::open_backend(device::parse_device("cpu"), {.threads = threads}).backend});
  for (const std::string& device : other_devices())
    backends.push_back(
        {.name = device, .backend = device::open_backend(device::parse_device(device), {}).backend});
  return backends;
}

}  // namespace

std::vector<TestBackend>& available_backends() {
  static std::vector<TestBackend> backends = open_all();
  return backends;
}

}  // namespace lenet
