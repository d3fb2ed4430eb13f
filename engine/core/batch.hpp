#pragma once

#include <cstdint>
#include <span>

namespace lenet {

/// A batch as it waits in host memory for a device: `count` samples of uint8 pixels (N×rows×columns, as in
/// the file) and one label each. The memory belongs to the Program that handed out the slot; it is pinned
/// where the device copies from it.
struct HostSlot {
  int index = 0;                          ///< its place in the ring
  std::int64_t count = 0;                 ///< samples in it, at most the ring's capacity
  bool by_index = false;                  ///< only sample_index is filled; the data lie on the device
  std::span<std::uint8_t> pixels;         ///< capacity × pixels of a sample
  std::span<std::uint8_t> labels;         ///< capacity
  std::span<std::uint32_t> sample_index;  ///< capacity: which sample of the training set each one is
};

/// The ring of slots through which batches reach a device. One thread fills slots in order, another hands
/// them to the Program in the same order; a slot may be filled again once `wait_until_free` returns.
class HostSlots {
 public:
  virtual ~HostSlots() = default;

  virtual std::span<HostSlot> slots() = 0;

  /// Blocks until the device has read what slot `index` held. Called from the filling thread, after the slot
  /// was handed back by the thread that runs steps. Never throws for a slot that was never used.
  virtual void wait_until_free(int index) = 0;
};

}  // namespace lenet
