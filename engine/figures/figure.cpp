#include "engine/figures/figure.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/text.hpp"
#include "engine/figures/missing_fonts.hpp"
#include "engine/figures/renderer.hpp"

namespace lenet::figures {
namespace {

Format format_of(const std::filesystem::path& path) {
  const std::string ending = lower(path.extension().string());
  if (ending == ".png") return Format::png;
  if (ending == ".svg") return Format::svg;
  if (ending == ".pdf") return Format::pdf;
  throw UsageError(fmt::format("{}: a figure's file must end in .png, .svg or .pdf", path.string()));
}

std::vector<std::byte> file_of(const Figure& figure, Format format) {
  std::vector<std::byte> bytes = renderer().file_of(figure, format);
  warn_of_boxes(renderer().take_characters_without_font());
  return bytes;
}

}  // namespace

std::string drawing_failure() try {
  renderer();
  return {};
} catch (const IoError& error) {
  return error.what();
}

void require_figure_file(const std::filesystem::path& path) {
  format_of(path);
  require_place_for_file(path);
  renderer();
}

std::vector<std::byte> figure_as_png(const Figure& figure) { return file_of(figure, Format::png); }

std::string figure_as_svg(const Figure& figure) {
  const std::vector<std::byte> bytes = file_of(figure, Format::svg);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Raster figure_as_pixels(const Figure& figure, double pixels_per_point) {
  Raster pixels = renderer().pixels_of(figure, pixels_per_point);
  warn_of_boxes(renderer().take_characters_without_font());
  return pixels;
}

std::string png_of(const Raster& raster) { return renderer().png_of(raster); }

void write_figure(const std::filesystem::path& path, const Figure& figure) {
  write_file_atomically(path, file_of(figure, format_of(path)));
}

}  // namespace lenet::figures
