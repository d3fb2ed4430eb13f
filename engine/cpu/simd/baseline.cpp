#include <cstdint>
#include <immintrin.h>

#include "engine/cpu/simd/tables.hpp"
#include "kernels/adam.hpp"
#include "kernels/dropout.hpp"
#include "kernels/normalize.hpp"
#include "kernels/relu.hpp"
#include "kernels/sgd.hpp"

#define LENET_SIMD baseline
#define LENET_SIMD_LANES 4
#include "engine/cpu/simd/all.hpp"

namespace lenet::cpu {

const Kernels& baseline_kernels() {
  static constexpr Kernels kKernels = baseline::table("baseline");
  return kKernels;
}

}  // namespace lenet::cpu
