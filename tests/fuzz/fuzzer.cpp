// libFuzzer's entry into the target that CMake names. With FUZZ_SEEDS=DIR it first writes the target's seeds
// there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/fuzz/targets.hpp"

namespace {

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int n = 0;
  for (const std::string& seed : lenet::fuzz::LENET_FUZZ_SEEDS())
    std::ofstream(folder / ("seed-" + std::to_string(n++)), std::ios::binary) << seed;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (const char* const folder = std::getenv("FUZZ_SEEDS")) write_seeds(folder);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lenet::fuzz::LENET_FUZZ_TARGET({data, size});
  return 0;
}
