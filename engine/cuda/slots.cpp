#include "engine/cuda/slots.hpp"

#include "engine/cuda/runtime/nvtx.hpp"

namespace lenet::cuda {
namespace {

constexpr std::size_t kSlots = 8;
constexpr std::size_t kAlignment = 256;

std::size_t aligned(std::int64_t bytes) {
  return (static_cast<std::size_t>(bytes) + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

CudaSlots::CudaSlots(int device, std::int64_t capacity, std::int64_t pixels_per_sample, DeviceMemory& memory)
    : pixels_offset_(aligned(capacity)),
      index_offset_(pixels_offset_ + aligned(capacity * pixels_per_sample)),
      slot_bytes_(index_offset_ + aligned(capacity * std::int64_t{sizeof(std::uint32_t)})),
      pixels_per_sample_(pixels_per_sample),
      device_(device),
      host_(kSlots * slot_bytes_),
      twins_memory_(memory.allocate("batches", kSlots * slot_bytes_)),
      twins_(kSlots) {
  const auto samples = static_cast<std::size_t>(capacity);
  for (std::size_t i = 0; i < kSlots; ++i) {
    std::byte* const begin = host_.data() + i * slot_bytes_;
    slots_.push_back({.index = static_cast<int>(i),
                      .pixels = {reinterpret_cast<std::uint8_t*>(begin + pixels_offset_),
                                 samples * static_cast<std::size_t>(pixels_per_sample)},
                      .labels = {reinterpret_cast<std::uint8_t*>(begin), samples},
                      .sample_index = {reinterpret_cast<std::uint32_t*>(begin + index_offset_), samples}});
  }
}

CudaSlots::~CudaSlots() { static_cast<void>(cudaStreamSynchronize(copies_.get())); }

void CudaSlots::wait_until_free(int index) {
  LENET_CHECK(cudaSetDevice(device_));  // called from a thread of its own, too
  LENET_CHECK(cudaEventSynchronize(twins_[static_cast<std::size_t>(index)].copied.get()));
}

DeviceBatch CudaSlots::upload(const HostSlot& slot, cudaStream_t compute) {
  const Range range("upload");
  const auto index = static_cast<std::size_t>(slot.index);
  const Twin& twin = twins_[index];
  const std::byte* const from = host_.data() + index * slot_bytes_;
  std::byte* const to = twins_memory_.as<std::byte>() + index * slot_bytes_;
  // Labels and pixels travel in one copy: each costs microseconds, whatever its size.
  const std::size_t begin = slot.by_index ? index_offset_ : 0;
  const std::size_t bytes = slot.by_index
                                ? static_cast<std::size_t>(slot.count) * sizeof(std::uint32_t)
                                : pixels_offset_ + static_cast<std::size_t>(slot.count * pixels_per_sample_);
  LENET_CHECK(cudaStreamWaitEvent(copies_.get(), twin.read.get(), 0));
  LENET_CHECK(cudaMemcpyAsync(to + begin, from + begin, bytes, cudaMemcpyHostToDevice, copies_.get()));
  LENET_CHECK(cudaEventRecord(twin.copied.get(), copies_.get()));
  LENET_CHECK(cudaStreamWaitEvent(compute, twin.copied.get(), 0));
  return {
      .pixels = reinterpret_cast<const std::uint8_t*>(to + pixels_offset_),
      .labels = reinterpret_cast<const std::uint8_t*>(to),
      .sample_index = slot.by_index ? reinterpret_cast<const std::uint32_t*>(to + index_offset_) : nullptr};
}

void CudaSlots::release(const HostSlot& slot, cudaStream_t compute) {
  LENET_CHECK(cudaEventRecord(twins_[static_cast<std::size_t>(slot.index)].read.get(), compute));
}

}  // namespace lenet::cuda
