#pragma once

#include "engine/figures/renderer.hpp"

namespace lenet::figures {

/// Draws with cairo; encodes rasters with libspng, for speed rather than for size.
class CairoRenderer : public Renderer {
 public:
  double text_width(std::string_view text, const TextStyle& style) const override;
  /// A PNG has two pixels per point.
  std::vector<std::byte> file_of(const Figure& figure, Format format) const override;
  Raster pixels_of(const Figure& figure, double pixels_per_point) const override;
  std::string png_of(const Raster& raster) const override;
  std::vector<std::string> take_characters_without_font() const override;
};

}  // namespace lenet::figures
