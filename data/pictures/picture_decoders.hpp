#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "data/pictures/picture.hpp"

/// Decoders, one per format. Each throws a DataError that names no file.
namespace lenet::pictures {

using PictureBytes = std::span<const std::uint8_t>;

Picture decode_png(PictureBytes bytes);
Picture decode_jpeg(PictureBytes bytes);
Picture decode_webp(PictureBytes bytes);
Picture decode_bmp(PictureBytes bytes);
Picture decode_pgm(PictureBytes bytes);

/// Returns the EXIF orientation, from 1 (upright) to 8, of a JPEG, or of EXIF data that begin as they do in a
/// JPEG ("Exif", two zeros). Returns 1 if there is none.
int exif_orientation(PictureBytes jpeg_or_exif);
/// Rotates and mirrors a picture with this EXIF orientation so that it is upright.
Picture upright(Picture picture, int orientation);

/// Returns the luma of Rec. 601, which JPEG uses; the weights are in units of 1/1024.
inline std::uint8_t luma(unsigned red, unsigned green, unsigned blue) {
  return static_cast<std::uint8_t>((306 * red + 601 * green + 117 * blue + 512) >> 10);
}

inline constexpr std::size_t kRgbaChannels = 4;

/// Returns the brightness and opacity of pixels in red, green, blue and opacity.
Picture grey_of_rgba(std::int64_t width, std::int64_t height, std::span<const std::uint8_t> rgba);

/// Clears the opacity of a picture of which all pixels are opaque.
void drop_full_opacity(Picture& picture);

/// Throws unless a picture of this size has at least one pixel and at most kMaxPixels.
void require_picture_size(std::uint64_t width, std::uint64_t height);

}  // namespace lenet::pictures
