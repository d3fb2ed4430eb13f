#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/figures/canvas.hpp"
#include "engine/figures/raster.hpp"

/// Figures as files and pixels. The drawing library is loaded by the first call that needs it.
namespace lenet::figures {

/// Returns why figures cannot be drawn on this machine, and what to do; empty if they can be.
std::string drawing_failure();

/// Throws UsageError unless the file name ends in .png, .svg or .pdf (in any case), and IoError unless its
/// folder exists and figures can be drawn. Programs call this before the long work whose result the figure
/// shows.
void require_figure_file(const std::filesystem::path& path);

/// Returns a figure as the bytes of a PNG file with two pixels per point. This and all below throw IoError if
/// drawing_failure().
std::vector<std::byte> figure_as_png(const Figure& figure);

/// Returns a figure as the text of an SVG file, as write_figure() writes it.
std::string figure_as_svg(const Figure& figure);

/// Returns a figure as pixels, for pictures that are made often and shown on a screen.
Raster figure_as_pixels(const Figure& figure, double pixels_per_point);

/// Encodes a picture as a PNG file, for speed rather than for size. `raster` must not be empty.
std::string png_of(const Raster& raster);

/// Writes a figure as PNG, SVG or PDF, depending on the ending of the file name, and replaces the file
/// atomically. An SVG contains its letters as shapes, so that they look alike everywhere, and its texts again
/// in <desc>. Throws UsageError for other endings; IoError if the file cannot be written.
void write_figure(const std::filesystem::path& path, const Figure& figure);

}  // namespace lenet::figures
