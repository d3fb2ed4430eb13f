#include "engine/cpu/filter_packing.hpp"

namespace lenet::cpu {

FilterPacking::FilterPacking(const ConvGeometry& geometry, const Kernels& kernels)
    : filters_(geometry.filters),
      kernel_(geometry.kernel),
      row_(geometry.kernel * geometry.image_pixel),
      from_row_(geometry.kernel_row),
      from_filter_(geometry.filter()),
      block_(kernels.filter_block),
      lanes_(kernels.lanes) {}

void FilterPacking::pack(const float* from, float* to, Range filters) const {
  for (std::int64_t filter = filters.begin; filter < filters.end; ++filter) {
    const std::int64_t width = filter < filters_ / block_ * block_ ? block_ : lanes_;
    const std::int64_t first = filter / width * width;
    float* target = to + first * taps() + filter - first;
    for (std::int64_t y = 0; y < kernel_; ++y) {
      const float* const source = from + filter * from_filter_ + y * from_row_;
      for (std::int64_t i = 0; i < row_; ++i, target += width) *target = source[i];
    }
  }
}

}  // namespace lenet::cpu
