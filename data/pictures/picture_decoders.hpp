#pragma once

#include <cstdint>
#include <span>

#include "data/pictures/picture.hpp"

/// One decoder a format. Each throws a DataError that names no file.
namespace lenet::pictures {

using PictureBytes = std::span<const std::uint8_t>;

Picture decode_png(PictureBytes bytes);
Picture decode_jpeg(PictureBytes bytes);
Picture decode_pgm(PictureBytes bytes);

/// What a JPEG's EXIF data, or EXIF data as they begin in one ("Exif", two zeros), say about how the picture
/// must be turned: 1 (not at all) to 8.
int exif_orientation(PictureBytes jpeg_or_exif);
/// Undoes an EXIF orientation.
Picture upright(Picture picture, int orientation);

/// Throws unless a picture of this size has pixels, and not too many.
void require_picture_size(std::uint64_t width, std::uint64_t height);

}  // namespace lenet::pictures
