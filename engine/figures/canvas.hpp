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

/// Drawing of figures through cairo, and writing them to files. Lengths are in points; y grows downwards.
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
  bool upwards = false;  ///< turned by 90°, to be read from the bottom to the top
};

struct LineStyle {
  Color color = palette::kInk;
  double width = 1;
  std::vector<double> dashes = {};  ///< alternating lengths of ink and gap; empty for a solid line
};

/// Returns the length of a text along its baseline.
double text_width(std::string_view text, const TextStyle& style);

/// Returns the text if it fits into `width`, else its beginning and its end with an ellipsis between them.
std::string shortened(std::string_view text, const TextStyle& style, double width);

/// Surface to draw on. Failures of cairo become IoErrors.
class Canvas {
 public:
  struct Surface;  ///< a cairo surface: PNG, SVG or PDF
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
  /// Draws a text. `at` is at half the height of its digits, and at the text's beginning, middle or end as
  /// `align` says.
  void text(Point at, std::string_view text, const TextStyle& style = {});
  /// Draws grey pixels, row by row, 0 white to 255 black, each as a sharp square.
  void image(const Box& box, std::span<const std::uint8_t> pixels, std::size_t columns);

  /// Throws IoError if any drawing so far failed.
  void check_drawn() const;
  /// Returns all texts drawn so far, in order.
  std::span<const std::string> texts() const { return texts_; }

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  Size size_;
  std::vector<std::string> texts_;
};

/// Figure of a given size in points, with the function that draws it.
struct Figure {
  Size size;
  std::function<void(Canvas&)> draw;
};

/// Throws UsageError unless the file name ends in .png, .svg or .pdf (in any case), and IoError unless its
/// folder exists. Programs call this before the long work whose result the figure shows.
void require_figure_file(const std::filesystem::path& path);

/// Returns a figure as the bytes of a PNG file with two pixels per point.
std::vector<std::byte> figure_as_png(const Figure& figure);

/// Returns a figure as pixels, for pictures that are made often and shown on a screen.
Raster figure_as_pixels(const Figure& figure, double pixels_per_point);

/// Writes a figure as PNG, SVG or PDF, depending on the ending of the file name, and replaces the file
/// atomically. An SVG contains its letters as shapes, so that they look alike everywhere, and its texts again
/// in <desc>. Throws UsageError for other endings; IoError if the file cannot be written.
void write_figure(const std::filesystem::path& path, const Figure& figure);

}  // namespace lenet::figures
