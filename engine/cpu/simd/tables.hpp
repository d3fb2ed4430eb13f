#pragma once

#include "engine/cpu/simd/kernels.hpp"

/// The tables of kernels, one per instruction set.
namespace lenet::cpu {

const Kernels& avx512_kernels();
const Kernels& avx2_kernels();
const Kernels& baseline_kernels();

}  // namespace lenet::cpu
