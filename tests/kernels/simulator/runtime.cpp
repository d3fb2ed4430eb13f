#include "tests/kernels/simulator/runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "engine/core/rounding.hpp"

namespace simulator {

using Work = std::function<void()>;

/// A position in a stream's work.
struct Mark {
  Stream* stream = nullptr;
  bool reached = false;
  std::int64_t when = 0;  ///< number of pieces of work that the stream had done by then, if reached
};

class Stream {
 public:
  std::deque<Work> queue;
  std::optional<std::vector<Work>> captured;  ///< set while the stream is being captured
  std::int64_t done = 0;

  bool run_next() {
    if (queue.empty()) return false;
    ++done;
    const Work work = std::move(queue.front());
    queue.pop_front();
    work();
    return true;
  }
  void run_all() {
    while (run_next()) {
    }
  }
};

class Event {
 public:
  std::shared_ptr<Mark> mark;
};

class Graph {
 public:
  std::vector<Work> work;
};

namespace {

constexpr int kPoison = 0xFF;  // bytes of a NaN
constexpr std::size_t kAlignment = 256;

// Guards all state: whichever thread waits for a stream runs its work.
std::recursive_mutex mutex;
Timing timing_in_use = Timing::lazy;
std::mt19937 generator;
std::set<Stream*> streams;
std::map<void*, std::size_t> device_memory, pinned_memory;
std::size_t device_bytes = std::numeric_limits<std::size_t>::max();

bool inside(const std::map<void*, std::size_t>& memory, const void* data) {
  const auto after = memory.upper_bound(const_cast<void*>(data));
  if (after == memory.begin()) return false;
  const auto& [begin, bytes] = *std::prev(after);
  return static_cast<const std::byte*>(data) < static_cast<const std::byte*>(begin) + bytes;
}

bool capturing() {
  return std::ranges::any_of(streams, [](const Stream* stream) { return stream->captured.has_value(); });
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

void push(Stream& stream, Work work) {
  if (stream.captured) return stream.captured->push_back(std::move(work));
  stream.queue.push_back(std::move(work));
  run_some();
}

void* allocate(std::map<void*, std::size_t>& memory, std::size_t bytes) {
  void* const data = std::aligned_alloc(kAlignment, lenet::round_up(bytes, kAlignment));
  std::memset(data, kPoison, bytes);
  memory[data] = bytes;
  return data;
}

}  // namespace

void use(Timing timing, unsigned seed) {
  const std::lock_guard lock(mutex);
  timing_in_use = timing;
  generator.seed(seed);
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

cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaSetDevice(int) { return cudaSuccess; }

const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "an error of the simulated runtime";
}

cudaError_t cudaMalloc(void** data, std::size_t bytes) {
  const std::lock_guard lock(mutex);
  if (capturing()) return cudaErrorStreamCaptureUnsupported;
  if (device_memory_in_use() + bytes > device_bytes) return cudaErrorMemoryAllocation;
  *data = allocate(device_memory, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* data) {
  const std::lock_guard lock(mutex);
  for (Stream* stream : streams) stream->run_all();  // CUDA waits for the device, too
  device_memory.erase(data);
  std::free(data);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** data, std::size_t bytes) {
  const std::lock_guard lock(mutex);
  *data = allocate(pinned_memory, bytes);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* data) {
  const std::lock_guard lock(mutex);
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
  std::memset(data, value, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  const void* const on_device = kind == cudaMemcpyHostToDevice ? to : from;
  if (!inside(device_memory, on_device)) return cudaErrorInvalidValue;
  if (kind == cudaMemcpyHostToDevice && !inside(pinned_memory, from)) {
    // From pageable memory CUDA takes its copy before the call returns.
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
  const std::lock_guard lock(mutex);
  *stream = new Stream;
  streams.insert(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  stream->run_all();
  streams.erase(stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  if (!stream) return cudaSuccess;
  if (stream->captured) return cudaErrorStreamCaptureUnsupported;
  stream->run_all();
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const std::lock_guard lock(mutex);
  push(*stream, [mark = event->mark] { run_until(mark); });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new Event;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
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
  const std::lock_guard lock(mutex);
  run_until(event->mark);
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(mutex);
  stream->captured.emplace();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(mutex);
  *graph = new Graph{.work = std::move(*stream->captured)};
  stream->captured.reset();
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new Graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  for (const Work& work : executable->work) push(*stream, work);
  return cudaSuccess;
}
