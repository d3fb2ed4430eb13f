#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace lenet::cli {

/// A 28×28 image as 14 lines of text: each character shows two pixels, one above the other, dark or lit.
std::string half_blocks(std::span<const std::uint8_t> pixels);

}  // namespace lenet::cli
