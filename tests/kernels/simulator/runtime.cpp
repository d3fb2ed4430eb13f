#include "tests/kernels/simulator/runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/rounding.hpp"
#include "tests/kernels/simulator/streams.hpp"

namespace simulator {

namespace {

constexpr int kPoison = 0xFF;  // bytes of a NaN
constexpr std::size_t kAlignment = 256;

Timing timing_in_use = Timing::lazy;
std::mt19937 generator;
std::set<Stream*> streams;
std::map<void*, std::size_t> device_memory, pinned_memory;
std::size_t device_bytes = std::numeric_limits<std::size_t>::max();
DeviceLimits limits_in_use;
std::map<const void*, std::size_t> shared_allowed;  // bytes of dynamic shared memory, by kernel
CallFault fault_in_use;
long call_count = 0;

bool inside(const std::map<void*, std::size_t>& memory, const void* data) {
  const auto after = memory.upper_bound(const_cast<void*>(data));
  if (after == memory.begin()) return false;
  const auto& [begin, bytes] = *std::prev(after);
  return static_cast<const std::byte*>(data) < static_cast<const std::byte*>(begin) + bytes;
}

/// The error of a call that may wait for the device: a thread that captures must not make one.
cudaError_t unsafe_call() {
  for (const Stream* stream : streams)
    if (stream->capture && stream->capture->thread == std::this_thread::get_id())
      return invalidate(*stream->capture, cudaErrorStreamCaptureUnsupported);
  return cudaSuccess;
}

void run_until(const std::shared_ptr<Mark>& mark) {
  while (mark && !mark->reached && mark->stream->run_next()) {
  }
}

void run_some() {
  if (timing_in_use == Timing::eager)
    for (Stream* stream : streams) stream->run_all();
  if (timing_in_use != Timing::shuffled) return;
  for (Stream* stream : streams)
    for (unsigned count = generator() % 4; count > 0; --count) stream->run_next();
}

void* allocate(std::map<void*, std::size_t>& memory, std::size_t bytes) {
  void* const data = std::aligned_alloc(kAlignment, lenet::round_up(bytes, kAlignment));
  std::memset(data, kPoison, bytes);
  memory[data] = bytes;
  return data;
}

}  // namespace

std::recursive_mutex mutex;

cudaError_t counted_call() {
  const std::lock_guard lock(mutex);
  const long call = ++call_count;
  const bool fails = fault_in_use.call > 0 &&
                     (call == fault_in_use.call || (fault_in_use.sticky && call > fault_in_use.call));
  return fails ? fault_in_use.error : cudaSuccess;
}

void push(Stream& stream, Work work) {
  if (stream.capture) {
    stream.last = {stream.capture->graph.add(std::move(work), stream.last)};
    return;
  }
  stream.queue.push_back(std::move(work));
  run_some();
}

std::size_t pick_next(std::size_t ready) {
  if (timing_in_use == Timing::shuffled) return generator() % ready;
  return timing_in_use == Timing::lazy ? ready - 1 : 0;
}

void use(Timing timing, unsigned seed) {
  const std::lock_guard lock(mutex);
  timing_in_use = timing;
  generator.seed(seed);
}

void inject(const CallFault& fault) {
  const std::lock_guard lock(mutex);
  fault_in_use = fault;
  call_count = 0;
}

long calls() {
  const std::lock_guard lock(mutex);
  return call_count;
}

void set_device_limits(const DeviceLimits& limits) {
  const std::lock_guard lock(mutex);
  limits_in_use = limits;
}

int blocks_per_multiprocessor(int threads, std::size_t dynamic_shared) {
  constexpr std::size_t kReserved = 1024;  // bytes of each block, for the system
  if (dynamic_shared > limits_in_use.shared_per_block) return 0;
  return std::min(limits_in_use.threads_per_multiprocessor / threads,
                  static_cast<int>(limits_in_use.shared_per_multiprocessor / (dynamic_shared + kReserved)));
}

cudaError_t allow_shared(const void* kernel, cudaFuncAttribute, int bytes) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (static_cast<std::size_t>(bytes) > limits_in_use.shared_per_block) return cudaErrorInvalidValue;
  shared_allowed[kernel] = static_cast<std::size_t>(bytes);
  return cudaSuccess;
}

cudaError_t check_cooperative(const void* kernel, Extent grid, Extent block, std::size_t dynamic_shared) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (!limits_in_use.cooperative) return cudaErrorNotSupported;
  if (dynamic_shared > std::max(kSharedBytes, shared_allowed[kernel])) return cudaErrorInvalidValue;
  const int at_once = blocks_per_multiprocessor(static_cast<int>(block.count()), dynamic_shared) *
                      limits_in_use.multiprocessors;
  return grid.count() > static_cast<std::size_t>(at_once) ? cudaErrorCooperativeLaunchTooLarge : cudaSuccess;
}

void set_device_memory(std::size_t bytes) { device_bytes = bytes; }

std::size_t device_memory_in_use() {
  const std::lock_guard lock(mutex);
  std::size_t sum = 0;
  for (const auto& [data, bytes] : device_memory) sum += bytes;
  return sum;
}

void enqueue(Stream* stream, Work work) {
  const std::lock_guard lock(mutex);
  if (!stream) return work();
  push(*stream, std::move(work));
}

}  // namespace simulator

using namespace simulator;

cudaError_t cudaGetLastError() { return counted_call(); }
cudaError_t cudaSetDevice(int) { return counted_call(); }
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return counted_call();
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount:
      *value = limits_in_use.multiprocessors;
      break;
    case cudaDevAttrL2CacheSize:
      *value = 1024;
      break;
    case cudaDevAttrCooperativeLaunch:
      *value = limits_in_use.cooperative;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(limits_in_use.shared_per_block);
      break;
  }
  return counted_call();
}

const char* cudaGetErrorString(cudaError_t error) {
  if (error == cudaErrorMemoryAllocation) return "out of memory";
  return error == cudaErrorLaunchFailure ? "unspecified launch failure" : "an error of the simulated runtime";
}

cudaError_t cudaMalloc(void** data, std::size_t bytes) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (const cudaError_t error = unsafe_call()) return error;
  if (device_memory_in_use() + bytes > device_bytes) return cudaErrorMemoryAllocation;
  *data = allocate(device_memory, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* data) {
  const std::lock_guard lock(mutex);
  if (const cudaError_t error = unsafe_call()) return error;
  for (Stream* stream : streams) stream->run_all();  // CUDA waits for the device, too
  device_memory.erase(data);
  std::free(data);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** data, std::size_t bytes) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (const cudaError_t error = unsafe_call()) return error;
  *data = allocate(pinned_memory, bytes);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* data) {
  const std::lock_guard lock(mutex);
  if (const cudaError_t error = unsafe_call()) return error;
  pinned_memory.erase(data);
  std::free(data);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = device_bytes - device_memory_in_use();
  *total = device_bytes;
  return cudaSuccess;
}

cudaError_t cudaMemset(void* data, int value, std::size_t bytes) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (const cudaError_t error = unsafe_call()) return error;
  std::memset(data, value, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* data, int value, std::size_t bytes, cudaStream_t stream) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (!inside(device_memory, data)) return cudaErrorInvalidValue;
  push(*stream, [=] { std::memset(data, value, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  const void* const on_device = kind == cudaMemcpyHostToDevice ? to : from;
  if (!inside(device_memory, on_device)) return cudaErrorInvalidValue;
  if (kind == cudaMemcpyHostToDevice && !inside(pinned_memory, from) && !stream->capture) {
    // From pageable memory CUDA takes its copy before the call returns; a captured copy reads it when it
    // runs.
    const auto* const begin = static_cast<const std::byte*>(from);
    push(*stream, [to, staged = std::vector<std::byte>(begin, begin + bytes)] {
      std::memcpy(to, staged.data(), staged.size());
    });
  } else {
    push(*stream, [=] { std::memcpy(to, from, bytes); });
  }
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  *stream = new Stream;
  streams.insert(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  stream->run_all();
  if (stream->capture) {
    stream->capture->invalid = true;
    stream->capture->streams.erase(stream);
  }
  streams.erase(stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (!stream) return cudaSuccess;
  if (stream->capture) return invalidate(*stream->capture, cudaErrorStreamCaptureUnsupported);
  stream->run_all();
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (event->capture) return wait_in_capture(*stream, *event);
  if (stream->capture) return invalidate(*stream->capture, cudaErrorStreamCaptureIsolation);
  push(*stream, [mark = event->mark] { run_until(mark); });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  if (const cudaError_t error = counted_call()) return error;
  *event = new Event;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  event->capture = stream->capture;
  event->last = stream->last;
  event->mark.reset();
  if (event->capture) return cudaSuccess;
  event->mark = std::make_shared<Mark>(Mark{.stream = stream});
  push(*stream, [mark = event->mark] {
    mark->reached = true;
    mark->when = mark->stream->done;
  });
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  const std::lock_guard lock(mutex);
  if (!begin->mark || !begin->mark->reached || !end->mark || !end->mark->reached)
    return cudaErrorInvalidValue;
  *milliseconds = static_cast<float>(end->mark->when - begin->mark->when);
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (event->capture) return invalidate(*event->capture, cudaErrorCapturedEvent);
  run_until(event->mark);
  return cudaSuccess;
}
