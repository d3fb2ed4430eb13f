#include "engine/cuda/slots.hpp"

#include "engine/cuda/runtime/nvtx.hpp"

namespace lenet::cuda {

CudaSlots::CudaSlots(int device, std::int64_t capacity, std::int64_t pixels_per_sample, DeviceMemory& memory)
    : layout_(capacity, pixels_per_sample),
      device_(device),
      host_(layout_.bytes()),
      device_memory_(memory.allocate("batches", layout_.bytes())),
      device_slots_(compile::SlotLayout::kSlots),
      slots_(layout_.slots(host_.data())) {}

CudaSlots::~CudaSlots() { static_cast<void>(cudaStreamSynchronize(copies_.get())); }

void CudaSlots::wait_until_free(int index) {
  LENET_CHECK(cudaSetDevice(device_));  // the filling thread calls this, too
  LENET_CHECK(cudaEventSynchronize(device_slots_[static_cast<std::size_t>(index)].copied.get()));
}

DeviceBatch CudaSlots::upload(const HostSlot& slot, cudaStream_t compute) {
  const NvtxRange range("upload");
  const auto index = static_cast<std::size_t>(slot.index);
  const DeviceSlot& device_slot = device_slots_[index];
  const std::byte* const from = host_.data() + index * layout_.slot_bytes();
  std::byte* const to = device_memory_.as<std::byte>() + index * layout_.slot_bytes();
  // One copy for labels and pixels: each copy costs microseconds, whatever its size.
  const std::size_t begin = slot.by_index ? layout_.index_offset() : 0;
  const std::size_t bytes = slot.by_index ? static_cast<std::size_t>(slot.count) * sizeof(std::uint32_t)
                                          : layout_.batch_bytes(slot.count);
  LENET_CHECK(cudaStreamWaitEvent(copies_.get(), device_slot.read.get(), 0));
  LENET_CHECK(cudaMemcpyAsync(to + begin, from + begin, bytes, cudaMemcpyHostToDevice, copies_.get()));
  LENET_CHECK(cudaEventRecord(device_slot.copied.get(), copies_.get()));
  LENET_CHECK(cudaStreamWaitEvent(compute, device_slot.copied.get(), 0));
  return {.pixels = reinterpret_cast<const std::uint8_t*>(to + layout_.pixels_offset()),
          .labels = reinterpret_cast<const std::uint8_t*>(to),
          .sample_index =
              slot.by_index ? reinterpret_cast<const std::uint32_t*>(to + layout_.index_offset()) : nullptr};
}

void CudaSlots::release(const HostSlot& slot, cudaStream_t compute) {
  LENET_CHECK(cudaEventRecord(device_slots_[static_cast<std::size_t>(slot.index)].read.get(), compute));
}

}  // namespace lenet::cuda
