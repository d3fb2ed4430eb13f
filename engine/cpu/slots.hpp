#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/batch.hpp"

namespace lenet::cpu {

/// Slots in ordinary memory. A CPU step has read its slot when it returns, so a slot is always free.
class CpuSlots : public HostSlots {
 public:
  CpuSlots(std::int64_t capacity, std::int64_t pixels_per_sample);

  std::span<HostSlot> slots() override { return slots_; }
  void wait_until_free(int) override {}
  std::int64_t bytes() const {
    return static_cast<std::int64_t>(pixels_.size() + labels_.size() +
                                     sample_indices_.size() * sizeof(std::uint32_t));
  }

 private:
  std::vector<std::uint8_t> pixels_, labels_;
  std::vector<std::uint32_t> sample_indices_;
  std::vector<HostSlot> slots_;
};

}  // namespace lenet::cpu
