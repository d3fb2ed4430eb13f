#include "tools/cli/half_blocks.hpp"

#include <array>

namespace lenet::cli {

std::string half_blocks(std::span<const std::uint8_t> pixels, const Image& image) {
  constexpr std::uint8_t kLit = 96;
  static constexpr std::array<const char*, 4> kBlocks = {" ", "▄", "▀", "█"};
  const auto lit = [&](std::int64_t row, std::int64_t column) -> std::size_t {
    return row < image.height && pixels[static_cast<std::size_t>(row * image.width + column)] >= kLit;
  };
  std::string text;
  for (std::int64_t row = 0; row < image.height; row += 2) {
    for (std::int64_t column = 0; column < image.width; ++column)
      text += kBlocks[2 * lit(row, column) + lit(row + 1, column)];
    text += '\n';
  }
  return text;
}

}  // namespace lenet::cli
