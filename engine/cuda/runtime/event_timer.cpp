#include "engine/cuda/runtime/event_timer.hpp"

#include "engine/cuda/runtime/check.hpp"

namespace lenet::cuda {

EventTimer::EventTimer(cudaStream_t stream, std::size_t flush_bytes)
    : stream_(stream), flush_bytes_(flush_bytes), flushed_(memory_.allocate("timing", flush_bytes)) {}

void EventTimer::flush_cache() {
  LENET_CHECK(cudaMemsetAsync(flushed_.data(), flushes_++ & 0xff, flush_bytes_, stream_));
}

float EventTimer::milliseconds(const std::function<void()>& work) const {
  LENET_CHECK(cudaEventRecord(begin_.get(), stream_));
  work();
  LENET_CHECK(cudaEventRecord(end_.get(), stream_));
  LENET_CHECK(cudaEventSynchronize(end_.get()));
  float elapsed = 0;
  LENET_CHECK(cudaEventElapsedTime(&elapsed, begin_.get(), end_.get()));
  return elapsed;
}

std::size_t cache_bytes() {
  int device = 0, bytes = 0;
  LENET_CHECK(cudaGetDevice(&device));
  LENET_CHECK(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, device));
  return static_cast<std::size_t>(bytes);
}

}  // namespace lenet::cuda
