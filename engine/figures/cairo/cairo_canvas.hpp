#pragma once

#include <cairo.h>
#include <memory>
#include <string>
#include <vector>

#include "engine/figures/canvas.hpp"

namespace lenet::figures {

struct DestroyContext {
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
};
using ContextHandle = std::unique_ptr<cairo_t, DestroyContext>;

/// Draws on a surface of cairo: PNG, SVG or PDF. Begins with blank paper.
class CairoCanvas : public Canvas {
 public:
  CairoCanvas(cairo_surface_t* surface, Size size);

  void fill(const Box& box, Color color) override;
  void frame(const Box& box, const LineStyle& style) override;
  void line(std::span<const Point> points, const LineStyle& style) override;
  void polygon(std::span<const Point> corners, Color color) override;
  void disc(Point middle, double radius, Color color) override;
  void text(Point at, std::string_view text, const TextStyle& style) override;
  void image(const Box& box, std::span<const std::uint8_t> pixels, std::size_t columns) override;

  /// Throws IoError if any drawing so far failed.
  void check_drawn() const;
  /// Returns all texts drawn so far, in order.
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  ContextHandle context_;
  std::vector<std::string> texts_;
};

/// Returns the length of a text along its baseline.
double cairo_text_width(std::string_view text, const TextStyle& style);

}  // namespace lenet::figures
