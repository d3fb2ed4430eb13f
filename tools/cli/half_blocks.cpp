#include "tools/cli/half_blocks.hpp"

#include <array>

#include "data/dataset.hpp"

namespace lenet::cli {

std::string half_blocks(std::span<const std::uint8_t> pixels) {
  constexpr std::uint8_t kLit = 96;
  static constexpr std::array<const char*, 4> kBlocks = {" ", "▄", "▀", "█"};
  std::string text;
  for (std::size_t row = 0; row < data::kImageRows; row += 2) {
    for (std::size_t column = 0; column < data::kImageColumns; ++column) {
      const bool upper = pixels[row * data::kImageColumns + column] >= kLit;
      const bool lower = pixels[(row + 1) * data::kImageColumns + column] >= kLit;
      text += kBlocks[static_cast<std::size_t>(upper) * 2 + static_cast<std::size_t>(lower)];
    }
    text += '\n';
  }
  return text;
}

}  // namespace lenet::cli
