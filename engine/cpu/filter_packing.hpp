#pragma once

#include <cstdint>

#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/stages.hpp"

namespace lenet::cpu {

/// The layout of filters for the forward pass: the filters of a block are next to each other, one number of
/// each. Blocks have kernels.filter_block filters; what remains is in blocks of kernels.lanes.
class FilterPacking {
 public:
  FilterPacking(const ConvGeometry& geometry, const Kernels& kernels);

  std::int64_t floats() const { return filters_ * taps(); }
  /// Copies filters from the layout of parameters, geometry.filter() floats each.
  void pack(const float* from, float* to, Range filters) const;

 private:
  std::int64_t taps() const { return kernel_ * row_; }

  std::int64_t filters_, kernel_, row_;  ///< row_: floats in a row of a filter that are used
  std::int64_t from_row_, from_filter_;
  std::int64_t block_, lanes_;
};

}  // namespace lenet::cpu
