// Writing figures to files: PNG, SVG or PDF.
#include <algorithm>
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cctype>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/figures/canvas.hpp"
#include "engine/figures/surface.hpp"

namespace lenet::figures {
namespace {

constexpr double kPixelsPerPoint = 2;  // sharp on today's screens

using Bytes = std::vector<std::byte>;

enum class Format { png, svg, pdf };

Format format_of(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char letter) { return std::tolower(letter); });
  if (ending == ".png") return Format::png;
  if (ending == ".svg") return Format::svg;
  if (ending == ".pdf") return Format::pdf;
  throw UsageError(fmt::format("{}: a figure's file must end in .png, .svg or .pdf", path.string()));
}

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
std::vector<std::string> draw(Canvas::Surface& surface, const Figure& figure) {
  check(surface.handle.get());
  Canvas canvas(surface, figure.size);
  figure.draw(canvas);
  canvas.check_drawn();
  return {canvas.texts().begin(), canvas.texts().end()};
}

Canvas::Surface rasterized(const Figure& figure, double pixels_per_point) {
  const auto pixels = [&](double points) { return static_cast<int>(std::ceil(points * pixels_per_point)); };
  Canvas::Surface surface{SurfaceHandle(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(figure.size.width), pixels(figure.size.height)))};
  check(surface.handle.get());
  cairo_surface_set_device_scale(surface.handle.get(), pixels_per_point, pixels_per_point);
  draw(surface, figure);
  return surface;
}

Bytes vector_bytes(const Figure& figure, Format format) {
  Bytes bytes;
  const auto create =
      format == Format::svg ? cairo_svg_surface_create_for_stream : cairo_pdf_surface_create_for_stream;
  Canvas::Surface surface{SurfaceHandle(create(append, &bytes, figure.size.width, figure.size.height))};
  const std::vector<std::string> texts = draw(surface, figure);
  cairo_surface_finish(surface.handle.get());  // writes the rest
  check(surface.handle.get());
  if (format == Format::svg) complete_svg(bytes, texts);
  return bytes;
}

}  // namespace

void require_figure_file(const std::filesystem::path& path) {
  format_of(path);
  const auto fail = [&](std::string_view why) {
    throw IoError(fmt::format("{}: cannot be written: {}", path.string(), why));
  };
  std::error_code ignored;  // an entry that cannot be read counts as missing
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!std::filesystem::exists(folder, ignored)) fail(fmt::format("there is no folder {}", folder.string()));
  if (!std::filesystem::is_directory(folder, ignored)) fail(fmt::format("{} is no folder", folder.string()));
  if (std::filesystem::is_directory(path, ignored)) fail("it is a folder");
}

std::vector<std::byte> figure_as_png(const Figure& figure) {
  const Canvas::Surface surface = rasterized(figure, kPixelsPerPoint);
  Bytes bytes;
  check(cairo_surface_write_to_png_stream(surface.handle.get(), append, &bytes));
  return bytes;
}

Raster figure_as_pixels(const Figure& figure, double pixels_per_point) {
  const Canvas::Surface surface = rasterized(figure, pixels_per_point);
  cairo_surface_t* const image = surface.handle.get();
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

void write_figure(const std::filesystem::path& path, const Figure& figure) {
  const Format format = format_of(path);
  write_file_atomically(path, format == Format::png ? figure_as_png(figure) : vector_bytes(figure, format));
}

}  // namespace lenet::figures
