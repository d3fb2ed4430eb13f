#pragma once

#include <cstddef>
#include <span>

#include "engine/figures/raster.hpp"

namespace lenet::figures {

/// Filters of a first layer, each height×width weights, one after another.
struct Filters {
  std::span<const float> weights;
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t count() const { return weights.size() / (height * width); }
};

/// Draws the first 64 filters (there must be at least one), eight per row, or five if there are ten or fewer.
/// Positive weights are blue, negative ones red; the largest weight of each filter has full strength.
Raster filter_grid(const Filters& filters);

}  // namespace lenet::figures
