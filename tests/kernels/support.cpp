#include "tests/kernels/support.hpp"

namespace kernel_test {

std::vector<std::uint8_t> random_bytes(std::int64_t count, std::uint32_t bound, std::uint64_t seed) {
  lenet::RandomSequence random(seed, lenet::RandomStream::pick_samples, 0);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(bound));
  return bytes;
}

}  // namespace kernel_test
