#include "tools/bench/kernel_timing.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/cuda/runtime/architecture.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/device_count.hpp"
#include "engine/cuda/runtime/step_graph.hpp"

namespace lenet::bench {
namespace {

constexpr int kWarmUps = 5;
constexpr int kReplayed = 50;  ///< launches per graph: the events' cost is divided by it

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int attribute(cudaDeviceAttr which, int index) {
  int value = 0;
  LENET_CHECK(cudaDeviceGetAttribute(&value, which, index));
  return value;
}

}  // namespace

DevicePeak open_for_timing(int index) {
  const int count = cuda::count_devices().count;
  if (index >= count) throw DeviceError(cuda::no_such_device(index, count));
  cudaDeviceProp properties{};
  LENET_CHECK(cudaGetDeviceProperties(&properties, index));
  if (const std::string why = cuda::why_no_code(index, properties); !why.empty()) throw DeviceError(why);
  LENET_CHECK(cudaSetDevice(index));
  const double clock = 1e3 * attribute(cudaDevAttrMemoryClockRate, index);  // from kHz
  const double width = attribute(cudaDevAttrGlobalMemoryBusWidth, index) / 8.0;
  return {.name = properties.name, .bytes_per_second = 2 * clock * width, .l2_bytes = properties.l2CacheSize};
}

LaunchTimer::LaunchTimer(std::int64_t l2_bytes, std::int64_t repeats)
    : repeats_(repeats),
      // Twice the cache, and large enough for the host to queue all work before the device has overwritten
      // it.
      timer_(stream_.get(), static_cast<std::size_t>(std::max<std::int64_t>(2 * l2_bytes, 64 << 20))) {}

LaunchTime LaunchTimer::time(const Launch& launch) { return {cold(launch), replayed(launch)}; }

double LaunchTimer::overhead() {
  return cold([](cudaStream_t) { return cudaSuccess; });
}

double LaunchTimer::microseconds(const std::function<void()>& work) {
  return 1e3 * static_cast<double>(timer_.milliseconds(work));
}

double LaunchTimer::cold(const Launch& launch) {
  std::vector<double> times;
  for (std::int64_t i = -kWarmUps; i < repeats_; ++i) {
    timer_.flush_cache();
    const double time = microseconds([&] { LENET_CHECK(launch(stream_.get())); });
    if (i >= 0) times.push_back(time);
  }
  return median(std::move(times));
}

double LaunchTimer::replayed(const Launch& launch) {
  const cuda::StepGraph graph(stream_.get(), [&] {
    for (int i = 0; i < kReplayed; ++i) LENET_CHECK(launch(stream_.get()));
  });
  std::vector<double> times;
  for (std::int64_t i = -kWarmUps; i < repeats_; ++i) {
    const double time = microseconds([&] { graph.launch(stream_.get()); });
    if (i >= 0) times.push_back(time / kReplayed);
  }
  return median(std::move(times));
}

}  // namespace lenet::bench
