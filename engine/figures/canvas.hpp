#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/figures/palette.hpp"

/// What figures are drawn with. Lengths are in points; y grows downwards.
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

/// Returns the length of a text along its baseline. Throws IoError if drawing_failure().
double text_width(std::string_view text, const TextStyle& style);

/// Returns the text if it fits into `width`, else its beginning and its end with an ellipsis between them.
/// Throws as text_width() does.
std::string shortened(std::string_view text, const TextStyle& style, double width);

/// Returns the names as they fit into `width`. Throws as text_width() does.
ClassNames shortened(const ClassNames& names, const TextStyle& style, double width);

/// Surface to draw on. A failed drawing becomes an IoError when the figure is finished.
class Canvas {
 public:
  explicit Canvas(Size size) : size_(size) {}
  virtual ~Canvas() = default;
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  Size size() const { return size_; }

  virtual void fill(const Box& box, Color color) = 0;
  virtual void frame(const Box& box, const LineStyle& style) = 0;
  virtual void line(std::span<const Point> points, const LineStyle& style) = 0;
  virtual void polygon(std::span<const Point> corners, Color color) = 0;
  virtual void disc(Point middle, double radius, Color color) = 0;
  /// Draws a text. `at` is at half the height of its digits, and at the text's beginning, middle or end as
  /// `align` says.
  virtual void text(Point at, std::string_view text, const TextStyle& style) = 0;
  void text(Point at, std::string_view text_to_draw) { text(at, text_to_draw, {}); }
  /// Draws grey pixels, row by row, 0 white to 255 black, each as a sharp square.
  virtual void image(const Box& box, std::span<const std::uint8_t> pixels, std::size_t columns) = 0;

 private:
  Size size_;
};

/// Figure of a given size in points, with the function that draws it.
struct Figure {
  Size size;
  std::function<void(Canvas&)> draw;
};

}  // namespace lenet::figures
