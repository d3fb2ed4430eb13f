#pragma once

#include <cstdint>
#include <span>

#include "engine/core/image.hpp"

namespace lenet {

/// Labelled images: uint8 pixels (N×C×H×W) and one label per image. Does not own its data.
struct DatasetView {
  std::span<const std::uint8_t> pixels;
  std::span<const std::uint8_t> labels;
  Image image = {};           ///< shape of each sample
  std::int64_t classes = 10;  ///< every label is below this

  std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }

  /// Returns the `count` samples that start at index `first`.
  DatasetView subset(std::int64_t first, std::int64_t count) const {
    const auto size = static_cast<std::size_t>(image.count());
    const auto begin = static_cast<std::size_t>(first), samples = static_cast<std::size_t>(count);
    return {pixels.subspan(begin * size, samples * size), labels.subspan(begin, samples), image, classes};
  }
};

}  // namespace lenet
