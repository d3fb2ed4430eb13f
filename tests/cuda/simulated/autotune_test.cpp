#include "engine/cuda/libraries/autotune.hpp"

#include <cmath>
#include <set>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/cuda/runtime/handles.hpp"
#include "tests/cuda/simulated/elements.hpp"
#include "tests/kernels/simulator/runtime.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::cuda;

// The simulated device takes one millisecond per piece of work.

namespace {

Candidate taking(cudaStream_t stream, int pieces) {
  return [=] {
    for (int i = 0; i < pieces; ++i) simulator::enqueue(stream, [] {});
    return true;
  };
}

}  // namespace

TEST_CASE("autotuning takes the fastest candidate that runs", "[cuda]") {
  simulator::use(simulator::Timing::lazy);
  const Stream stream;
  const Candidate never = [] { return false; };
  const auto best = [&](const std::vector<Candidate>& candidates) {
    return autotune(stream.get(), candidates);
  };
  CHECK(best({taking(stream.get(), 3)}) == 0);
  CHECK(best({taking(stream.get(), 3), taking(stream.get(), 1), taking(stream.get(), 2)}) == 1);
  CHECK(best({never, taking(stream.get(), 3), never, taking(stream.get(), 2)}) == 3);
  CHECK_THROWS_AS(best({never, never}), DeviceError);
  CHECK_THROWS_AS(best({}), DeviceError);
}

TEST_CASE("autotuning does not count the start-up cost of a candidate", "[cuda]") {
  simulator::use(simulator::Timing::lazy);
  const Stream stream;
  bool started = false;
  const Candidate slow_to_start = [&] {
    taking(stream.get(), started ? 1 : 1000)();
    return started = true;
  };
  const std::vector<Candidate> candidates{slow_to_start, taking(stream.get(), 2)};
  CHECK(autotune(stream.get(), candidates) == 0);
}

TEST_CASE("autotuning works on numbers that are valid in float32 and in bf16", "[cuda]") {
  simulator::use(simulator::Timing::lazy);
  const Stream stream;
  DeviceMemory memory;
  constexpr std::size_t kCount = 1000;
  const DeviceBuffer numbers = random_numbers(memory, kCount, stream.get());
  for (const DType element : {DType::f32, DType::bf16}) {
    std::set<float> found;
    for (std::size_t i = 0; i < kCount; ++i) {
      const float number = read(numbers.data(), static_cast<std::int64_t>(i), element);
      REQUIRE(std::abs(number) <= 1.0f);
      found.insert(number);
    }
    CHECK(found.size() > kCount / 4);
  }
}
