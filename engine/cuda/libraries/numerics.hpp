#pragma once

#include <cstddef>

#include "engine/backend.hpp"

namespace lenet::cuda {

/// The type of activations and of the weights that multiply them.
enum class DType { f32, bf16 };

constexpr std::size_t bytes_of(DType element) { return element == DType::f32 ? 4 : 2; }
constexpr DType dtype_of(Precision precision) {
  return precision == Precision::bf16 ? DType::bf16 : DType::f32;
}

/// Liberties that cuDNN and cuBLAS may take to be fast.
struct Numerics {
  Precision precision = Precision::fp32;
  bool deterministic = true;
  bool autotune = false;  ///< time candidates on the device instead of asking the heuristic
};

}  // namespace lenet::cuda
