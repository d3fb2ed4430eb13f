#pragma once

#include <cuda_runtime_api.h>
#include <utility>

#include "engine/cuda/runtime/check.hpp"

/// Owners of what CUDA's libraries hand out. They move, do not copy, and destroy what they own.
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
  // At the end of the process the driver may be gone already: nothing is left to do then.
  ~CudaHandle() {
    if (handle_) static_cast<void>(destroy(handle_));
  }

  Handle get() const { return handle_; }
  /// For functions that create one; only while there is none.
  Handle* out() { return &handle_; }

 private:
  Handle handle_ = nullptr;
};

/// Does not wait for the default stream, nor that for it.
class Stream : public CudaHandle<cudaStream_t, cudaStreamDestroy> {
 public:
  Stream() { LENET_CHECK(cudaStreamCreateWithFlags(out(), cudaStreamNonBlocking)); }
};

/// A point in a stream. One that was never recorded counts as reached.
class Event : public CudaHandle<cudaEvent_t, cudaEventDestroy> {
 public:
  enum Kind : unsigned { untimed = cudaEventDisableTiming, timed = cudaEventDefault };
  explicit Event(Kind kind = untimed) { LENET_CHECK(cudaEventCreateWithFlags(out(), kind)); }
};

}  // namespace lenet::cuda
