#pragma once

#include <cstdint>
#include <span>

namespace lenet {

/// A batch in host memory, waiting for the device: `count` samples of uint8 pixels (N×C×H×W) and one label
/// per sample. The memory belongs to the Program that provides the slot; it is pinned if the device copies
/// from it.
struct HostSlot {
  int index = 0;                          ///< position in the ring
  std::int64_t count = 0;                 ///< samples in it, at most the ring's capacity
  bool by_index = false;                  ///< only sample_index is filled; the samples are on the device
  std::span<std::uint8_t> pixels;         ///< capacity × pixels per sample
  std::span<std::uint8_t> labels;         ///< capacity
  std::span<std::uint32_t> sample_index;  ///< capacity: index in the training set of each sample
};

/// The ring of slots that feeds batches to a device. One thread fills the slots in order, another passes them
/// to the Program in the same order. A slot may be filled again once `wait_until_free` has returned.
class HostSlots {
 public:
  virtual ~HostSlots() = default;

  virtual std::span<HostSlot> slots() = 0;

  /// Blocks until the device has read slot `index`. Called by the filling thread after the other thread has
  /// passed the slot to the Program. Returns at once for a slot that was never used.
  virtual void wait_until_free(int index) = 0;
};

}  // namespace lenet
