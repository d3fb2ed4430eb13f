#include "engine/figures/cairo/cairo_canvas.hpp"

#include <numbers>

#include "engine/figures/cairo/fonts.hpp"
#include "engine/figures/cairo/surface.hpp"

namespace lenet::figures {
namespace {

/// Selects a font, or the usual one if it is null.
void select_font(cairo_t* cairo, const TextStyle& style, cairo_font_face_t* font = nullptr) {
  if (font)
    cairo_set_font_face(cairo, font);
  else
    cairo_select_font_face(cairo, kFontFamily, CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo, style.size);
}

cairo_text_extents_t extents(cairo_t* cairo, const std::string& text) {
  cairo_text_extents_t found{};
  cairo_text_extents(cairo, text.c_str(), &found);
  return found;
}

double width_of(cairo_t* cairo, const std::vector<TextRun>& runs, const TextStyle& style) {
  double width = 0;
  for (const TextRun& run : runs) {
    select_font(cairo, style, run.font);
    width += extents(cairo, run.text).x_advance;
  }
  return width;
}

void set_color(cairo_t* cairo, Color color) {
  cairo_set_source_rgb(cairo, color.red, color.green, color.blue);
}

void set_line(cairo_t* cairo, const LineStyle& style) {
  set_color(cairo, style.color);
  cairo_set_line_width(cairo, style.width);
  cairo_set_dash(cairo, style.dashes.data(), static_cast<int>(style.dashes.size()), 0);
}

double shift_for(Align align, double width) {
  if (align == Align::left) return 0;
  return align == Align::center ? -width / 2 : -width;
}

}  // namespace

CairoCanvas::CairoCanvas(cairo_surface_t* surface, Size size)
    : Canvas(size), context_(cairo_create(surface)) {
  cairo_t* const cairo = context_.get();
  cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
  // Makes widths independent of the pixel grid, so that the layout is the same in every format.
  cairo_font_options_t* const options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_set_font_options(cairo, options);
  cairo_font_options_destroy(options);
  CairoCanvas::fill({0, 0, size.width, size.height}, palette::kPaper);
}

void CairoCanvas::check_drawn() const { check(cairo_status(context_.get())); }

void CairoCanvas::fill(const Box& box, Color color) {
  set_color(context_.get(), color);
  cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
  cairo_fill(context_.get());
}

void CairoCanvas::frame(const Box& box, const LineStyle& style) {
  set_line(context_.get(), style);
  cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
  cairo_stroke(context_.get());
}

void CairoCanvas::line(std::span<const Point> points, const LineStyle& style) {
  set_line(context_.get(), style);
  cairo_new_path(context_.get());  // drops the position at which a text ended
  for (const Point& point : points) cairo_line_to(context_.get(), point.x, point.y);
  cairo_stroke(context_.get());
}

void CairoCanvas::polygon(std::span<const Point> corners, Color color) {
  set_color(context_.get(), color);
  cairo_new_path(context_.get());
  for (const Point& corner : corners) cairo_line_to(context_.get(), corner.x, corner.y);
  cairo_fill(context_.get());
}

void CairoCanvas::disc(Point middle, double radius, Color color) {
  set_color(context_.get(), color);
  cairo_new_path(context_.get());
  cairo_arc(context_.get(), middle.x, middle.y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(context_.get());
}

void CairoCanvas::text(Point at, std::string_view text, const TextStyle& style) {
  cairo_t* const cairo = context_.get();
  const std::vector<TextRun> runs = font_runs(text, style.bold);
  select_font(cairo, style);
  // The height of a digit, not of the text itself, so that neighbouring texts share a baseline.
  const double half_height = extents(cairo, "0").height / 2;
  const double shift = shift_for(style.align, width_of(cairo, runs, style));
  set_color(cairo, style.color);
  cairo_save(cairo);
  cairo_translate(cairo, at.x, at.y);
  if (style.upwards) cairo_rotate(cairo, -std::numbers::pi / 2);
  cairo_move_to(cairo, shift, half_height);
  for (const TextRun& run : runs) {
    select_font(cairo, style, run.font);
    cairo_show_text(cairo, run.text.c_str());
  }
  cairo_restore(cairo);
  texts_.emplace_back(text);
}

void CairoCanvas::image(const Box& box, std::span<const std::uint8_t> pixels, std::size_t columns) {
  const std::size_t rows = pixels.size() / columns;
  const SurfaceHandle picture(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(columns), static_cast<int>(rows)));
  check(picture.get());
  cairo_surface_flush(picture.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(picture.get()));
  unsigned char* const bytes = cairo_image_surface_get_data(picture.get());
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column) {
      const std::uint32_t grey = 255u - pixels[row * columns + column];
      reinterpret_cast<std::uint32_t*>(bytes + row * stride)[column] = grey << 16 | grey << 8 | grey;
    }
  cairo_surface_mark_dirty(picture.get());

  cairo_t* const cairo = context_.get();
  cairo_save(cairo);
  cairo_translate(cairo, box.x, box.y);
  cairo_scale(cairo, box.width / static_cast<double>(columns), box.height / static_cast<double>(rows));
  cairo_set_source_surface(cairo, picture.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
  cairo_paint(cairo);
  cairo_restore(cairo);
}

double cairo_text_width(std::string_view text, const TextStyle& style) {
  const SurfaceHandle surface(cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1));
  check(surface.get());
  const ContextHandle cairo(cairo_create(surface.get()));
  cairo_font_options_t* const options = cairo_font_options_create();
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(cairo.get(), options);
  cairo_font_options_destroy(options);
  return width_of(cairo.get(), font_runs(text, style.bold), style);
}

}  // namespace lenet::figures
