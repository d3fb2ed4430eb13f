#pragma once

#include <cstddef>
#include <string>

#include "engine/figures/figure.hpp"
#include "tests/support/png.hpp"

/// What tests ask of a drawn figure.
namespace lenet::figures {

/// Returns whether the outermost pixels are drawn on, as they would be if the figure were cut off.
inline bool touches_edge(const PngPixels& png) {
  for (int x = 0; x < png.width; ++x)
    if (png.at(x, 0) != 0xffffff || png.at(x, png.height - 1) != 0xffffff) return true;
  for (int y = 0; y < png.height; ++y)
    if (png.at(0, y) != 0xffffff || png.at(png.width - 1, y) != 0xffffff) return true;
  return false;
}

/// Returns all texts of a figure, each between line breaks.
inline std::string texts_of(const Figure& figure) {
  const std::string svg = figure_as_svg(figure);
  const std::size_t begin = svg.find("<desc>") + 6;
  return "\n" + svg.substr(begin, svg.find("</desc>") - begin) + "\n";
}

}  // namespace lenet::figures
