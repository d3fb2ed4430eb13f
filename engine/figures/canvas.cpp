#include "engine/figures/canvas.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <ranges>

#include "engine/core/cut_apart.hpp"
#include "engine/figures/renderer.hpp"

namespace lenet::figures {
namespace {

/// Returns the offset of each letter of a UTF-8 text, and the text's length.
std::vector<std::size_t> letter_bounds(std::string_view text) {
  std::vector<std::size_t> bounds;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) bounds.push_back(i);
  bounds.push_back(text.size());
  return bounds;
}

}  // namespace

double text_width(std::string_view text, const TextStyle& style) {
  return renderer().text_width(text, style);
}

std::string shortened(std::string_view text, const TextStyle& style, double width) {
  if (text_width(text, style) <= width) return std::string(text);
  const std::vector<std::size_t> bounds = letter_bounds(text);
  const std::size_t letters = bounds.size() - 1;
  const auto keep = [&](std::size_t kept) {
    return fmt::format("{}…{}", text.substr(0, bounds[kept - kept / 2]),
                       text.substr(bounds[letters - kept / 2]));
  };
  const auto lengths = std::views::iota(std::size_t{0}, letters);
  const auto too_long = std::ranges::partition_point(
      lengths, [&](std::size_t kept) { return text_width(keep(kept), style) <= width; });
  return keep(too_long == lengths.begin() ? 0 : *std::ranges::prev(too_long));
}

ClassNames shortened(const ClassNames& names, const TextStyle& style, double width) {
  return cut_apart(names, [&](std::string_view name, std::string_view ending) {
    return fmt::format("{}{}", shortened(name, style, width - text_width(ending, style)), ending);
  });
}

}  // namespace lenet::figures
