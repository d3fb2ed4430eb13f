#pragma once

#include "engine/cpu/simd/conv_data_gradient.hpp"
#include "engine/cpu/simd/conv_pool.hpp"
#include "engine/cpu/simd/conv_weight_gradient.hpp"
#include "engine/cpu/simd/dense.hpp"
#include "engine/cpu/simd/elementwise.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/sparse_rows.hpp"
#include "engine/cpu/simd/update.hpp"

namespace lenet::cpu::LENET_SIMD {

/// Returns the table of this instruction set's kernels.
constexpr Kernels table(const char* name) {
  return {.name = name,
          .lanes = kLanes,
          .conv_pool = conv_pool,
          .conv_data_gradient = conv_data_gradient,
          .conv_weight_gradient = conv_weight_gradient,
          .dense_forward = dense_forward,
          .sum_rows = sum_rows,
          .add_transposed = add_transposed,
          .update_rows = update_rows,
          .update = update,
          .relu_backward = relu_backward,
          .append_nonzero = append_nonzero,
          .list_pixels = list_pixels,
          .dropout_factors = dropout_factors};
}

}  // namespace lenet::cpu::LENET_SIMD
