#pragma once

#include <vector>

#include "engine/cuda/runtime/memory.hpp"
#include "kernels/reductions/value_counts.hpp"

namespace lenet::cuda {

/// Keeps the memory that Thrust took: the same call takes it again without an allocation.
class KeptScratch : public kernels::ScratchMemory {
 public:
  /// `memory` must outlive it.
  explicit KeptScratch(DeviceMemory& memory) : memory_(memory) {}
  void* take(std::size_t bytes) override;
  void give_back(void* memory) override;

 private:
  struct Block {
    DeviceBuffer buffer;
    std::size_t bytes;
    bool free;
  };
  DeviceMemory& memory_;
  std::vector<Block> blocks_;
};

}  // namespace lenet::cuda
