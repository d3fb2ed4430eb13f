#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/random.hpp"
#include "kernels/element.cuh"
#include "tests/support/catch.hpp"

/// Helpers of the kernels' tests: random data, comparisons, and a loop over the simulator's schedules.
namespace kernel_test {

using lenet::kernels::bf16;

/// Runs the body under every schedule; a failing check names the schedule.
template <typename Body>
void under_every_schedule(const Body& body) {
  for (const simulator::Schedule& schedule : simulator::schedules()) {
    INFO("schedule " << static_cast<int>(schedule.order) << ", seed " << schedule.seed);
    simulator::use(schedule);
    body();
  }
}

/// Whether to skip a case of this many elements. True for large cases under the thread sanitizer, where every
/// CUDA thread is a real one: they take long there, and races also show in small cases.
constexpr bool leave_out([[maybe_unused]] std::int64_t elements) {
#ifdef LENET_SIMULATOR_THREADS
  return elements > 2000;
#else
  return false;
#endif
}

/// Returns a value rounded to T.
template <typename T>
double rounded(double value) {
  return lenet::kernels::to_float(lenet::kernels::from_float<T>(static_cast<float>(value)));
}

/// Returns `count` normally distributed numbers, rounded to T.
template <typename T>
std::vector<T> random_values(std::int64_t count, std::uint64_t seed) {
  lenet::RandomSequence random(seed, lenet::RandomStream::initial_weights, 0);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = lenet::kernels::from_float<T>(static_cast<float>(random.normal()));
  return values;
}

/// Returns `count` random numbers below `bound`.
std::vector<std::uint8_t> random_bytes(std::int64_t count, std::uint32_t bound, std::uint64_t seed);

/// Returns `count` NaNs: an element that a kernel does not write stays visible.
template <typename T>
std::vector<T> unwritten(std::int64_t count) {
  return std::vector<T>(static_cast<std::size_t>(count),
                        lenet::kernels::from_float<T>(std::numeric_limits<float>::quiet_NaN()));
}

template <typename T>
std::vector<double> doubles(const std::vector<T>& values) {
  std::vector<double> wide(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) wide[i] = lenet::kernels::to_float(values[i]);
  return wide;
}

/// Checks that no element differs from the expected one by more than `relative` of that plus `absolute`. One
/// assertion, which names the worst element.
template <typename T>
void check_close(const std::vector<T>& values, const std::vector<double>& expected, double relative,
                 double absolute) {
  REQUIRE(values.size() == expected.size());
  std::size_t worst = 0;
  double worst_excess = -1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double error = std::abs(lenet::kernels::to_float(values[i]) - expected[i]);
    const double excess = error - (relative * std::abs(expected[i]) + absolute);
    if (!(excess <= worst_excess)) {  // NaN is the worst of all
      worst = i;
      worst_excess = excess;
      if (std::isnan(excess)) break;
    }
  }
  if (values.empty()) return;
  INFO("element " << worst << " of " << values.size() << ": " << lenet::kernels::to_float(values[worst])
                  << ", expected " << expected[worst]);
  CHECK(worst_excess <= 0);
}

/// Checks that all elements are exactly as expected.
template <typename T>
void check_equal(const std::vector<T>& values, const std::vector<double>& expected) {
  check_close(values, expected, 0, 0);
}

/// Relative error of one rounding to T: the tolerance for results computed in float and rounded once.
template <typename T>
constexpr double kRounding = sizeof(T) == 2 ? 1.0 / 256 : 1.0 / (1 << 24);

}  // namespace kernel_test
