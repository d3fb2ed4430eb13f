#pragma once

#include <cstdint>

#include "engine/cpu/buffer.hpp"
#include "engine/cpu/layout.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/stages.hpp"

namespace lenet::cpu {

/// Returns whether a matrix of this many floats stays in a core's cache while samples pass by.
constexpr bool fits_in_cache(std::int64_t floats) { return floats <= 32 * 1024; }

/// Memory for the rows of a sparse matrix.
class SparseMatrix {
 public:
  SparseMatrix() = default;
  /// `columns`: most nonzero values in a row.
  SparseMatrix(std::int64_t rows, std::int64_t columns)
      : capacity_(capacity(columns)), offsets_(rows * capacity_), values_(rows * capacity_), counts_(rows) {}

  SparseRows rows() const { return {offsets_.data(), values_.data(), counts_.data(), capacity_}; }

  /// Returns a matrix in a task's memory; its counts are not set.
  static SparseRows in_scratch(Scratch& scratch, std::int64_t rows, std::int64_t columns) {
    return {.offsets = scratch.take<std::int32_t>(rows * capacity(columns)),
            .values = scratch.take<float>(rows * capacity(columns)),
            .counts = scratch.take<std::int32_t>(rows),
            .capacity = capacity(columns)};
  }
  static std::size_t scratch_bytes(std::int64_t rows, std::int64_t columns) {
    return Scratch::bytes<std::int32_t>(rows * capacity(columns)) +
           Scratch::bytes<float>(rows * capacity(columns)) + Scratch::bytes<std::int32_t>(rows);
  }

 private:
  static constexpr std::int64_t capacity(std::int64_t columns) { return row_length(columns + kListSlack); }

  std::int64_t capacity_ = 0;
  Buffer<std::int32_t> offsets_;
  Buffer<float> values_;
  Buffer<std::int32_t> counts_;
};

}  // namespace lenet::cpu
