#pragma once

#include <cstdint>

namespace lenet {

/// The shape C×H×W of one sample of uint8 pixels.
struct Image {
  std::int64_t channels = 1;
  std::int64_t height = 28;
  std::int64_t width = 28;

  std::int64_t count() const { return channels * height * width; }
  bool operator==(const Image&) const = default;
};

}  // namespace lenet
