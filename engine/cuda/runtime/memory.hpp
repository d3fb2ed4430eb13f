#pragma once

#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backend.hpp"

namespace lenet::cuda {

/// Device memory by purpose, in bytes.
using MemoryLedger = std::map<std::string, std::int64_t>;

/// Frees device memory and subtracts it from the ledger.
struct FreeDevice {
  std::shared_ptr<MemoryLedger> ledger;
  std::string purpose;
  std::int64_t bytes = 0;
  void operator()(void* data) const;
};
struct FreePinned {
  void operator()(void* data) const;
};

/// Owns a piece of device memory.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  void* data() const { return data_.get(); }
  template <class T>
  T* as() const {
    return static_cast<T*>(data());
  }

 private:
  friend class DeviceMemory;
  std::unique_ptr<void, FreeDevice> data_;
};

/// Allocates device memory and keeps a ledger of its purposes.
class DeviceMemory {
 public:
  /// Returns uninitialized memory, aligned to at least 256 bytes. Throws DeviceError with the ledger if there
  /// is not enough left.
  DeviceBuffer allocate(const std::string& purpose, std::size_t bytes);
  /// Returns memory that is all zero.
  DeviceBuffer allocate_zeroed(const std::string& purpose, std::size_t bytes);

  std::vector<MemoryUse> use() const;

 private:
  std::shared_ptr<MemoryLedger> ledger_ = std::make_shared<MemoryLedger>();
};

/// Copies bytes to device memory in the stream's order and waits for the copy.
void upload(std::span<const std::byte> from, const DeviceBuffer& to, cudaStream_t stream);

/// Page-locked host memory, which the device reads and writes by itself; all zero at first. The constructor
/// throws DeviceError.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  explicit PinnedBuffer(std::size_t bytes);
  std::byte* data() const { return static_cast<std::byte*>(data_.get()); }

 private:
  std::unique_ptr<void, FreePinned> data_;
};

/// "out of memory: 3.1 GiB more for activations; in use so far: weights 13.1 MB, …; 1.0 GiB of 79.1 GiB are
/// free: use a smaller --batch"
std::string out_of_memory_text(const std::string& purpose, std::size_t bytes, const MemoryLedger& ledger,
                               std::size_t free, std::size_t total);

}  // namespace lenet::cuda
