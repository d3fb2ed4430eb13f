#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/slot_layout.hpp"
#include "engine/cuda/plan.hpp"
#include "engine/cuda/runtime/handles.hpp"
#include "engine/cuda/runtime/memory.hpp"

namespace lenet::cuda {

/// The ring through which batches reach the device: pinned slots that the host fills, a slot in device memory
/// for each, and a stream of its own for the copies, so that the next batches travel while the device works.
///
///     host: fill ─► upload ─────────────► fill again once `copied` is reached
///     copy stream:  wait for `read`, copy, record `copied`
///     compute stream:                      wait for `copied`, step, record `read`
class CudaSlots : public HostSlots {
 public:
  CudaSlots(int device, std::int64_t capacity, std::int64_t pixels_per_sample, DeviceMemory& memory);
  /// Waits for pending copies: the pinned memory must outlive them.
  ~CudaSlots() override;

  std::span<HostSlot> slots() override { return slots_; }
  void wait_until_free(int index) override;

  /// Queues the copy of a slot's content and makes `compute` wait for it. The copy is in the device's slot
  /// until release().
  DeviceBatch upload(const HostSlot& slot, cudaStream_t compute);
  /// Allows the device's slot to be overwritten once `compute` has reached this point.
  void release(const HostSlot& slot, cudaStream_t compute);

 private:
  struct DeviceSlot {
    Event copied{Event::waited_for()}, read;
  };

  compile::SlotLayout layout_;  ///< the same in host and device memory
  int device_;
  PinnedBuffer host_;
  DeviceBuffer device_memory_;
  Stream copies_;
  std::vector<DeviceSlot> device_slots_;
  std::vector<HostSlot> slots_;
};

}  // namespace lenet::cuda
