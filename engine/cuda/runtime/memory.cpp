#include "engine/cuda/runtime/memory.hpp"

#include <cstring>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/cuda/runtime/check.hpp"

namespace lenet::cuda {

// At the end of the process the driver may have shut down; then there is nothing to free and no error.
void FreeDevice::operator()(void* data) const {
  static_cast<void>(cudaFree(data));
  (*ledger)[purpose] -= bytes;
}

void FreePinned::operator()(void* data) const { static_cast<void>(cudaFreeHost(data)); }

std::string out_of_memory_text(const std::string& purpose, std::size_t bytes, const MemoryLedger& ledger,
                               std::size_t free, std::size_t total) {
  std::string text =
      "out of memory: " + bytes_text(static_cast<std::int64_t>(bytes)) + " more for " + purpose;
  std::string separator = "; in use so far: ";
  for (const auto& [name, used] : ledger) {
    text += std::exchange(separator, ", ") + name + " " + bytes_text(used);
  }
  return text + "; " + bytes_text(static_cast<std::int64_t>(free)) + " of " +
         bytes_text(static_cast<std::int64_t>(total)) +
         " are free: use a smaller --batch, or end what else runs there";
}

DeviceBuffer DeviceMemory::allocate(const std::string& purpose, std::size_t bytes) {
  DeviceBuffer buffer;
  if (bytes == 0) return buffer;
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    std::size_t free = 0, total = 0;
    LENET_CHECK(cudaMemGetInfo(&free, &total));
    throw DeviceError(out_of_memory_text(purpose, bytes, *ledger_, free, total));
  }
  check(status, "cudaMalloc");
  const auto counted = static_cast<std::int64_t>(bytes);
  buffer.data_ = {data, {.ledger = ledger_, .purpose = purpose, .bytes = counted}};
  (*ledger_)[purpose] += counted;
  return buffer;
}

DeviceBuffer DeviceMemory::allocate_zeroed(const std::string& purpose, std::size_t bytes) {
  DeviceBuffer buffer = allocate(purpose, bytes);
  if (bytes == 0) return buffer;
  // The streams of a program do not wait for the default stream, so the memory must be zero before they
  // begin.
  LENET_CHECK(cudaMemset(buffer.data(), 0, bytes));
  LENET_CHECK(cudaStreamSynchronize(nullptr));
  return buffer;
}

std::vector<MemoryUse> DeviceMemory::use() const {
  std::vector<MemoryUse> uses;
  for (const auto& [purpose, bytes] : *ledger_)
    if (bytes > 0) uses.push_back({purpose, bytes});
  return uses;
}

void upload(std::span<const std::byte> from, const DeviceBuffer& to, cudaStream_t stream) {
  LENET_CHECK(cudaMemcpyAsync(to.data(), from.data(), from.size(), cudaMemcpyHostToDevice, stream));
  LENET_CHECK(cudaStreamSynchronize(stream));  // `from` may be gone after this
}

PinnedBuffer::PinnedBuffer(std::size_t bytes) {
  void* data = nullptr;
  const cudaError_t status = cudaMallocHost(&data, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw DeviceError("no " + bytes_text(static_cast<std::int64_t>(bytes)) +
                      " of page-locked host memory can be had: " + cudaGetErrorString(status) +
                      ": use a smaller --batch, or end what else runs here");
  }
  check(status, "cudaMallocHost");
  data_.reset(data);
  std::memset(data, 0, bytes);
}

}  // namespace lenet::cuda
