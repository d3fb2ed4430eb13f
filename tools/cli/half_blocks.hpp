#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/core/image.hpp"

namespace lenet::cli {

/// Returns the first channel of an image as text with two rows of pixels per line: each character is a half
/// block that shows two vertically adjacent pixels, dark or lit.
std::string half_blocks(std::span<const std::uint8_t> pixels, const Image& image);

}  // namespace lenet::cli
