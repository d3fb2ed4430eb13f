#include "engine/cuda/runtime/scratch.hpp"

#include <algorithm>

namespace lenet::cuda {

void* KeptScratch::take(std::size_t bytes) {
  Block* best = nullptr;
  for (Block& block : blocks_)
    if (block.free && block.bytes >= bytes && (!best || block.bytes < best->bytes)) best = &block;
  if (!best) {
    const std::size_t size = std::max<std::size_t>(bytes, 1);
    best = &blocks_.emplace_back(Block{memory_.allocate("histograms", size), size, true});
  }
  best->free = false;
  return best->buffer.data();
}

void KeptScratch::give_back(void* memory) {
  std::ranges::find(blocks_, memory, [](const Block& block) { return block.buffer.data(); })->free = true;
}

}  // namespace lenet::cuda
