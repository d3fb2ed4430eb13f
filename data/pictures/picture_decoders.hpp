#pragma once

#include <cstdint>
#include <span>

#include "data/pictures/picture.hpp"

/// Decoders, one per format. Each throws a DataError that names no file.
namespace lenet::pictures {

using PictureBytes = std::span<const std::uint8_t>;

Picture decode_png(PictureBytes bytes);
Picture decode_jpeg(PictureBytes bytes);
Picture decode_pgm(PictureBytes bytes);

/// Returns the EXIF orientation, from 1 (upright) to 8, of a JPEG, or of EXIF data that begin as they do in a
/// JPEG
/// ("Exif", two zeros). Returns 1 if there is none.
int exif_orientation(PictureBytes jpeg_or_exif);
/// Rotates and mirrors a picture with this EXIF orientation so that it is upright.
Picture upright(Picture picture, int orientation);

/// Throws unless a picture of this size has at least one pixel and at most kMaxPixels.
void require_picture_size(std::uint64_t width, std::uint64_t height);

}  // namespace lenet::pictures
