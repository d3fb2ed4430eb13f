// What the kernels use from elsewhere comes before the change of the instruction set.
#include <cstdint>
#include <immintrin.h>

#include "engine/cpu/simd/tables.hpp"
#include "kernels/adam.hpp"
#include "kernels/dropout.hpp"
#include "kernels/normalize.hpp"
#include "kernels/relu.hpp"
#include "kernels/sgd.hpp"

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#else
#pragma GCC target("arch=x86-64-v3")
#endif
#define LENET_SIMD avx2
#define LENET_SIMD_LANES 8
#include "engine/cpu/simd/all.hpp"

namespace lenet::cpu {

const Kernels& avx2_kernels() {
  static constexpr Kernels kKernels = avx2::table("AVX2");
  return kKernels;
}

}  // namespace lenet::cpu
#ifdef __clang__
#pragma clang attribute pop
#endif
