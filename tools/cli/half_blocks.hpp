#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/core/image.hpp"

namespace lenet::cli {

/// Returns the first channel of an image as text, two rows of pixels per line: each character shows two
/// pixels, one above the other, dark or lit.
std::string half_blocks(std::span<const std::uint8_t> pixels, const Image& image);

}  // namespace lenet::cli
