// Figures as the bytes of PNG, SVG and PDF files, and as pixels.
#include "engine/figures/cairo/cairo_renderer.hpp"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cmath>
#include <cstring>
#include <new>

#include "engine/figures/cairo/cairo_canvas.hpp"
#include "engine/figures/cairo/fonts.hpp"
#include "engine/figures/cairo/surface.hpp"

namespace lenet::figures {
namespace {

constexpr double kPixelsPerPoint = 2;  // sharp on today's screens

using Bytes = std::vector<std::byte>;

// Implements cairo_write_func_t. No exception may pass through cairo.
cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) noexcept try {
  const auto* const begin = reinterpret_cast<const std::byte*>(data);
  auto& all = *static_cast<Bytes*>(bytes);
  all.insert(all.end(), begin, begin + length);
  return CAIRO_STATUS_SUCCESS;
} catch (const std::bad_alloc&) {
  return CAIRO_STATUS_NO_MEMORY;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '<')
      safe += "&lt;";
    else if (letter == '&')
      safe += "&amp;";
    else
      safe += letter;
  }
  return safe;
}

/// Returns the texts as a <desc> element. cairo draws the letters of an SVG as shapes, which search and
/// screen readers cannot read.
std::string description_of(std::span<const std::string> texts) {
  if (texts.empty()) return {};
  std::string description = "\n<desc>";
  for (const std::string& text : texts) description += escaped(text) + '\n';
  description.back() = '<';
  return description + "/desc>";
}

/// Keeps browsers from smoothing images that they enlarge; cairo has no setting for it.
constexpr std::string_view kSharpImages =
    "\n<style>image { image-rendering: crisp-edges; image-rendering: pixelated; }</style>";

/// Adds a description and the images' style right after the root's tag.
void complete_svg(Bytes& svg, std::span<const std::string> texts) {
  const std::string_view content(reinterpret_cast<const char*>(svg.data()), svg.size());
  const std::size_t root_end = content.find('>', content.find("<svg")) + 1;
  std::string addition = description_of(texts);
  if (content.find("<image", root_end) != std::string_view::npos) addition += kSharpImages;
  const auto added = std::as_bytes(std::span(addition));
  svg.insert(svg.begin() + static_cast<std::ptrdiff_t>(root_end), added.begin(), added.end());
}

/// Draws the figure and returns its texts.
std::vector<std::string> draw(cairo_surface_t* surface, const Figure& figure) {
  check(surface);
  CairoCanvas canvas(surface, figure.size);
  figure.draw(canvas);
  canvas.check_drawn();
  return canvas.texts();
}

SurfaceHandle rasterized(const Figure& figure, double pixels_per_point) {
  const auto pixels = [&](double points) { return static_cast<int>(std::ceil(points * pixels_per_point)); };
  SurfaceHandle surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(figure.size.width), pixels(figure.size.height)));
  check(surface.get());
  cairo_surface_set_device_scale(surface.get(), pixels_per_point, pixels_per_point);
  draw(surface.get(), figure);
  return surface;
}

Bytes png_file(const Figure& figure) {
  const SurfaceHandle surface = rasterized(figure, kPixelsPerPoint);
  Bytes bytes;
  check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

Bytes vector_file(const Figure& figure, Format format) {
  Bytes bytes;
  const auto create =
      format == Format::svg ? cairo_svg_surface_create_for_stream : cairo_pdf_surface_create_for_stream;
  const SurfaceHandle surface(create(append, &bytes, figure.size.width, figure.size.height));
  const std::vector<std::string> texts = draw(surface.get(), figure);
  cairo_surface_finish(surface.get());  // writes the rest
  check(surface.get());
  if (format == Format::svg) complete_svg(bytes, texts);
  return bytes;
}

}  // namespace

double CairoRenderer::text_width(std::string_view text, const TextStyle& style) const {
  return cairo_text_width(text, style);
}

std::vector<std::string> CairoRenderer::take_characters_without_font() const {
  return figures::take_characters_without_font();
}

std::vector<std::byte> CairoRenderer::file_of(const Figure& figure, Format format) const {
  return format == Format::png ? png_file(figure) : vector_file(figure, format);
}

Raster CairoRenderer::pixels_of(const Figure& figure, double pixels_per_point) const {
  const SurfaceHandle surface = rasterized(figure, pixels_per_point);
  cairo_surface_t* const image = surface.get();
  cairo_surface_flush(image);
  const auto rows = static_cast<std::size_t>(cairo_image_surface_get_height(image));
  const auto columns = static_cast<std::size_t>(cairo_image_surface_get_width(image));
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(image));
  Raster raster{columns, std::vector<std::uint32_t>(rows * columns)};
  for (std::size_t row = 0; row < rows; ++row)
    std::memcpy(&raster.pixels[row * columns], cairo_image_surface_get_data(image) + row * stride,
                columns * sizeof(std::uint32_t));
  return raster;
}

}  // namespace lenet::figures
