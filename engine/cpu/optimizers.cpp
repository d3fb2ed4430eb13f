#include "engine/cpu/optimizers.hpp"

#include <atomic>
#include <bit>

#include "engine/cpu/parallel.hpp"
#include "kernels/adam.hpp"
#include "kernels/sgd.hpp"

namespace lenet::cpu {
namespace {

/// The exponent bits of an infinity or NaN; those of every finite float are smaller.
constexpr std::uint32_t kNonFinite = 0x7f800000;

/// Returns the larger of `so_far` and the float's exponent bits. Compilers vectorise a maximum of integers,
/// but not a flag.
inline std::uint32_t max_exponent(std::uint32_t so_far, float value) {
  return std::max(so_far, std::bit_cast<std::uint32_t>(value) & kNonFinite);
}

/// Calls body(begin, end) as in_parallel() does; returns whether every call returned true.
template <class Body>
bool all_in_parallel(std::size_t count, const Body& body) {
  std::atomic<bool> all = true;
  in_parallel(count, [&](std::size_t begin, std::size_t end) {
    if (!body(begin, end)) all.store(false, std::memory_order_relaxed);
  });
  return all;
}

LENET_EVERY_ISA bool adam_range(float* __restrict weights, float* __restrict moment1,
                                float* __restrict moment2, const float* __restrict gradients,
                                std::size_t begin, std::size_t end, const kernels::AdamStep& step) {
  const kernels::AdamStep local = step;
  std::uint32_t exponents = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const kernels::AdamElement next =
        kernels::adam({weights[i], moment1[i], moment2[i]}, gradients[i], local);
    weights[i] = next.weight;
    moment1[i] = next.moment1;
    moment2[i] = next.moment2;
    exponents = max_exponent(exponents, next.weight);
  }
  return exponents < kNonFinite;
}

LENET_EVERY_ISA bool sgd_range(float* __restrict weights, const float* __restrict gradients,
                               std::size_t begin, std::size_t end, float learning_rate) {
  std::uint32_t exponents = 0;
  for (std::size_t i = begin; i < end; ++i) {
    weights[i] = kernels::sgd(weights[i], gradients[i], learning_rate);
    exponents = max_exponent(exponents, weights[i]);
  }
  return exponents < kNonFinite;
}

bool take_step(const Sgd& sgd, const OptimizerArrays& arrays, std::int64_t step) {
  const float rate = at(sgd.learning_rate, step);
  return all_in_parallel(arrays.count, [&](std::size_t begin, std::size_t end) {
    return sgd_range(arrays.weights, arrays.gradients, begin, end, rate);
  });
}

bool take_step(const Adam& adam, const OptimizerArrays& arrays, std::int64_t step) {
  const auto corrected =
      kernels::adam_step(at(adam.learning_rate, step), adam.beta1, adam.beta2, adam.epsilon, step);
  return all_in_parallel(arrays.count, [&](std::size_t begin, std::size_t end) {
    return adam_range(arrays.weights, arrays.moments[0], arrays.moments[1], arrays.gradients, begin, end,
                      corrected);
  });
}

}  // namespace

bool optimizer_step(const Optimizer& optimizer, const OptimizerArrays& arrays, std::int64_t step) {
  return std::visit([&](const auto& kind) { return take_step(kind, arrays, step); }, optimizer);
}

}  // namespace lenet::cpu
