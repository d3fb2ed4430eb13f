#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/figures/palette.hpp"
#include "engine/figures/raster.hpp"

/// Paper to draw a figure on, and the files that figures are kept in. Lengths are in points, y grows
/// downwards.
namespace lenet::figures {

struct Point {
  double x = 0;
  double y = 0;
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point middle() const { return {x + width / 2, y + height / 2}; }
};

struct Size {
  double width = 0;
  double height = 0;
};

enum class Align { left, center, right };

struct TextStyle {
  double size = 11;
  Color color = palette::kInk;
  bool bold = false;
  Align align = Align::left;
  bool upwards = false;  ///< turned by 90°, reading from the bottom to the top
};

struct LineStyle {
  Color color = palette::kInk;
  double width = 1;
  std::vector<double> dashes = {};  ///< lengths of ink and gap in turn; empty: solid
};

/// How wide a text is when it is drawn so, upwards or not.
double text_width(std::string_view text, const TextStyle& style);

/// The text, or its beginning and its end with an ellipsis between them: at most so wide.
std::string shortened(std::string_view text, const TextStyle& style, double width);

/// Draws through cairo. Every failure of cairo's is an IoError.
class Canvas {
 public:
  struct Surface;  ///< of cairo; png, svg or pdf
  Canvas(Surface& surface, Size size);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  Size size() const { return size_; }

  void fill(const Box& box, Color color);
  void frame(const Box& box, const LineStyle& style);
  void line(std::span<const Point> points, const LineStyle& style);
  void polygon(std::span<const Point> corners, Color color);
  void disc(Point middle, double radius, Color color);
  /// `at` is on the middle of the text's height (of its digits), where `align` says along its width.
  void text(Point at, std::string_view text, const TextStyle& style = {});
  /// Grey pixels, row by row, 0 white and 255 black, each a sharp square.
  void image(const Box& box, std::span<const std::uint8_t> pixels, std::size_t columns);

  /// Throws IoError if anything drawn so far failed.
  void check_drawn() const;
  /// All texts drawn so far, in order.
  std::span<const std::string> texts() const { return texts_; }

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  Size size_;
  std::vector<std::string> texts_;
};

/// A figure: its size in points, and how it is drawn.
struct Figure {
  Size size;
  std::function<void(Canvas&)> draw;
};

/// Throws UsageError unless the file ends in .png, .svg or .pdf, in small or large letters, and IoError
/// unless it can lie in a folder: to be asked before long work is done for it.
void require_figure_file(const std::filesystem::path& path);

/// The bytes of a figure as PNG, at two pixels a point.
std::vector<std::byte> figure_as_png(const Figure& figure);

/// The same as pixels, for pictures that are made often and for a screen.
Raster figure_as_pixels(const Figure& figure, double pixels_per_point);

/// Draws a figure into a PNG, SVG or PDF, by the file's ending; the file appears whole or not at all. SVG
/// shapes its letters itself, so that they look the same everywhere, and tells its texts once more in <desc>.
/// Throws UsageError for other endings, IoError.
void write_figure(const std::filesystem::path& path, const Figure& figure);

}  // namespace lenet::figures
