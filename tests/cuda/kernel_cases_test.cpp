#include "tools/bench/kernel_cases.hpp"

#include <filesystem>
#include <regex>
#include <set>

#include "engine/cuda/runtime/handles.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"

using namespace lenet;

namespace {

/// The NAME of each `cudaError_t launch_NAME(` that a header of kernels/ declares.
std::set<std::string> declared_launchers() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(LENET_KERNELS_FOLDER)) {
    if (entry.path().extension() != ".hpp") continue;
    const std::string header = lenet::read_all(entry.path());
    static const std::regex declaration("cudaError_t launch_(\\w+)\\(");
    for (std::sregex_iterator match(header.begin(), header.end(), declaration), end; match != end; ++match)
      names.insert((*match)[1]);
  }
  return names;
}

constexpr bench::KernelCases::Sizes kSmall{.batch = 2, .parameters = 1003, .resident_samples = 9};

}  // namespace

TEST_CASE("every kernel is among those that kernel_bench times", "[kernel_bench]") {
  const bench::KernelCases cases(kSmall);
  std::set<std::string> timed;
  for (const bench::KernelCase& kernel : cases.cases()) timed.insert(kernel.launcher);
  CHECK(timed == declared_launchers());
  CHECK(timed.size() > 10);
}

TEST_CASE("every timed kernel can be launched again and again", "[kernel_bench]") {
#ifdef LENET_SIMULATOR_THREADS
  LENET_SKIP("with a thread for every CUDA thread this takes minutes");
#endif
  const bench::KernelCases cases(kSmall);
  const cuda::Stream stream;
  for (const bench::KernelCase& kernel : cases.cases()) {
    INFO(kernel.launcher << ", " << kernel.where << ", " << kernel.elements);
    CHECK(kernel.bytes > 0);
    for (int i = 0; i < 3; ++i) CHECK(kernel.launch(stream.get()) == cudaSuccess);
    CHECK(cudaStreamSynchronize(stream.get()) == cudaSuccess);
  }
}

TEST_CASE("a timed kernel moves the bytes that its header states", "[kernel_bench]") {
  constexpr std::int64_t kBatch = 50;
  const bench::KernelCases cases({.batch = kBatch, .parameters = 1000, .resident_samples = 100});
  const auto bytes = [&](const std::string& launcher, const std::string& elements) {
    for (const bench::KernelCase& kernel : cases.cases())
      if (kernel.launcher == launcher && kernel.elements == elements) return kernel.bytes;
    return std::int64_t{0};
  };
  CHECK(bytes("adam", "float32") == 28'000);
  CHECK(bytes("adam", "bf16") == 30'000);
  CHECK(bytes("sgd", "float32") == 12'000);
  CHECK(bytes("sgd", "bf16") == 14'000);
  CHECK(bytes("convert", "bf16") == 6'000);
  // Pixels at 5 bytes (3 for bf16), and two bytes for each label.
  CHECK(bytes("prepare_batch", "float32") == kBatch * (784 * 5 + 2));
  CHECK(bytes("prepare_batch", "bf16") == kBatch * (784 * 3 + 2));
  // 1.25 and 1.5 elements per input element, and one byte per four.
  constexpr std::int64_t kPoolInput = kBatch * 64 * 14 * 14;
  CHECK(bytes("max_pool", "float32") == kPoolInput * 5 + kPoolInput / 4);
  CHECK(bytes("max_pool_backward", "bf16") == kPoolInput * 3 + kPoolInput / 4);
}
