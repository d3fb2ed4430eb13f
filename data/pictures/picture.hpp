#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace lenet::pictures {

/// Picture as it was decoded: grey, 0 black to 255 white, row by row.
struct Picture {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<std::uint8_t> grey;
  std::vector<std::uint8_t> opacity =
      {};                   ///< 0 transparent to 255 opaque, one per pixel; empty if all are opaque
  std::string damage = {};  ///< what is wrong with the file, though it could be decoded; empty if nothing is
};

/// Limits for the size of a file and the number of pixels; the largest photos of telephones are within them.
/// Both are checked before memory is allocated.
inline constexpr std::size_t kMaxPictureBytes = std::size_t{64} << 20;
inline constexpr std::int64_t kMaxPixels = 50'000'000;

/// Reads a PNG, JPEG or WebP (rotated as its EXIF orientation says), an uncompressed BMP or a PGM (plain or
/// raw, 8 or 16 bits). Throws a DataError of one line that names the file if it is anything else, damaged,
/// cut off or too large.
Picture read_picture(const std::filesystem::path& path);

/// Reads a picture from a stream to its end. Throws DataError like read_picture(); the error names the
/// standard input.
Picture read_picture(std::istream& input);

/// Decodes a picture in memory like read_picture(). The error names no file.
Picture decode_picture(std::span<const std::uint8_t> bytes);

/// Returns whether the file begins like an IDX file of any type (raw or gzip), which no picture does.
bool is_idx(const std::filesystem::path& path);

}  // namespace lenet::pictures
