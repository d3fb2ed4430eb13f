#pragma once

#include <cstddef>
#include <span>

#include "engine/figures/raster.hpp"

namespace lenet::figures {

/// Weights that look at pixels: filters of height×width each, one after another.
struct Filters {
  std::span<const float> weights;
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t count() const { return weights.size() / (height * width); }
};

/// The first 64 filters, at least one, eight in a row (ten or fewer: five): blue where a weight is positive,
/// red where it is negative, each filter's largest at full strength.
Raster filter_grid(const Filters& filters);

}  // namespace lenet::figures
