#include "engine/cuda/runtime/device.hpp"

#include <cstdio>
#include <driver_types.h>

#include "engine/core/error.hpp"
#include "engine/cuda/runtime/device_count.hpp"
#include "engine/device/devices.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::cuda;

TEST_CASE("machine code runs within its major version, PTX on every later one", "[device]") {
  CHECK(runs_on("90", {9, 0}));
  CHECK(runs_on("90", {12, 0}));
  CHECK_FALSE(runs_on("90", {8, 9}));
  CHECK(runs_on("80-real", {8, 6}));
  CHECK_FALSE(runs_on("80-real", {9, 0}));
  CHECK_FALSE(runs_on("86-real", {8, 0}));
  CHECK(runs_on("75-virtual", {9, 0}));
  CHECK_FALSE(runs_on("90a", {10, 0}));
  CHECK(runs_on("75-real,80-real,90", {8, 9}));
  CHECK_FALSE(runs_on("75-real;80-real;90", {7, 0}));
  CHECK(runs_on("native", {7, 0}));
}

TEST_CASE("the message about a GPU that this build has no code for says how to build it", "[device]") {
  cudaDeviceProp tesla{};
  std::snprintf(tesla.name, sizeof tesla.name, "Tesla");
  tesla.major = 1;
  tesla.minor = 3;
  CHECK_THAT(why_no_code(2, tesla),
             contains("cuda:2 (Tesla) has compute capability 1.3, and this build has"));
  CHECK_THAT(why_no_code(2, tesla), contains("build with -DCMAKE_CUDA_ARCHITECTURES=13"));
}

TEST_CASE("each reason for having no device has its own message", "[device]") {
  constexpr int kInsufficient = cudaErrorInsufficientDriver;
  constexpr int kNone = cudaErrorNoDevice;
  CHECK(why_no_device({.count = 1, .driver = 13000, .runtime = 13000}).empty());
  CHECK_THAT(why_no_device({.error = kInsufficient, .driver = 0, .runtime = 13000}),
             contains("no NVIDIA driver is installed"));
  CHECK_THAT(why_no_device({.error = kInsufficient, .driver = 11080, .runtime = 13000}),
             contains("the NVIDIA driver is for CUDA 11.8, and this program needs 13.0"));
  CHECK_THAT(why_no_device({.error = kNone, .driver = 13000, .runtime = 13000, .visible = ""}),
             contains("CUDA_VISIBLE_DEVICES is '': unset it"));
  CHECK_THAT(why_no_device({.error = kNone, .driver = 13000, .runtime = 13000}), contains("finds no GPU"));
  CHECK_THAT(
      why_no_device({.error = cudaErrorSystemNotReady, .error_text = "system not ready", .driver = 13000}),
      contains("CUDA does not start: system not ready"));
}

TEST_CASE("the message about an index beyond the last device names those that exist", "[device]") {
  CHECK(no_such_device(1, 1) == "there is no device cuda:1: use cuda:0, the only one");
  CHECK(no_such_device(9, 4) == "there is no device cuda:9: use one from cuda:0 to cuda:3");
}

TEST_CASE("a cuDNN older than the program's is refused", "[device]") {
  CHECK(why_no_cudnn(91900, 91900).empty());
  CHECK(why_no_cudnn(92001, 91900).empty());
  CHECK(why_no_cudnn(91900, 91901).empty());  // an earlier patch
  CHECK_THAT(why_no_cudnn(90100, 91900),
             contains("cuDNN 9.1.0 was found, and this program was built with 9.19.0"));
  CHECK_FALSE(why_no_cudnn(100000, 91900).empty());
}

TEST_CASE("without a driver the CUDA backend loads and says so", "[device]") {
  try {
    const auto devices = cuda::list_devices();
    LENET_SKIP("this machine has " + std::to_string(devices.size()) + " CUDA devices");
  } catch (const DeviceError& error) {
    INFO(error.what());
    CHECK_THROWS_WITH(device::open_backend(device::parse_device("cuda"), {}), error.what());
    CHECK(device::open_backend(device::parse_device("auto"), {}).backend->info().name == "cpu");
    CHECK(device::list_devices().size() == 1);
  }
}
