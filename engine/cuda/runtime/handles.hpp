#pragma once

#include <cuda_runtime_api.h>
#include <thread>
#include <utility>

#include "engine/cuda/runtime/check.hpp"

/// Move-only owners of the handles that CUDA's libraries create.
namespace lenet::cuda {

template <class Handle, auto destroy>
class CudaHandle {
 public:
  CudaHandle() = default;
  CudaHandle(CudaHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  CudaHandle& operator=(CudaHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  // At the end of the process the driver may have shut down; then there is nothing to destroy.
  ~CudaHandle() {
    if (handle_) static_cast<void>(destroy(handle_));
  }

  Handle get() const { return handle_; }
  /// Address for a function that creates the handle; only while this owns none.
  Handle* out() { return &handle_; }

 private:
  Handle handle_ = nullptr;
};

/// A stream that does not synchronize with the default stream.
class Stream : public CudaHandle<cudaStream_t, cudaStreamDestroy> {
 public:
  Stream() { LENET_CHECK(cudaStreamCreateWithFlags(out(), cudaStreamNonBlocking)); }
};

/// A point in a stream. An event that was never recorded counts as reached.
class Event : public CudaHandle<cudaEvent_t, cudaEventDestroy> {
 public:
  enum Kind : unsigned {
    timed = cudaEventDefault,
    untimed = cudaEventDisableTiming,
    sleeping = cudaEventDisableTiming | cudaEventBlockingSync,  ///< who waits for it gives its core away
  };
  /// For events that a thread waits for: where cores are few, it must not spin on one.
  static Kind waited_for() {
    constexpr unsigned kFewCores = 4;  // the trainer's thread, one that fills slots, CUDA's own
    return std::thread::hardware_concurrency() <= kFewCores ? sleeping : untimed;
  }
  explicit Event(Kind kind = untimed) { LENET_CHECK(cudaEventCreateWithFlags(out(), kind)); }
};

}  // namespace lenet::cuda
