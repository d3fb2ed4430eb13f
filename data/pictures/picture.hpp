#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace lenet::pictures {

/// A picture as it was found: grey, 0 black to 255 white, row by row.
struct Picture {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<std::uint8_t> grey;
  std::vector<std::uint8_t> opacity = {};  ///< 0 transparent to 255 opaque, a pixel each; empty: all opaque
};

/// The most that is read of a file, and the most pixels that a picture may have: the largest photos of
/// telephones. Both are checked before memory is taken for what they limit.
inline constexpr std::size_t kMostPictureBytes = std::size_t{64} << 20;
inline constexpr std::int64_t kMostPixels = 50'000'000;

/// Reads a PNG, a JPEG (turned upright as its EXIF data say) or a PGM (plain or raw, 8 or 16 bits). Throws a
/// DataError of one line that names the file for anything else, and for what is damaged, cut off or too
/// large.
Picture read_picture(const std::filesystem::path& path);

/// The same, out of memory; the error does not name a file.
Picture decode_picture(std::span<const std::uint8_t> bytes);

/// Whether the file begins like an IDX file of anything (raw or gzip), which no picture does.
bool is_idx(const std::filesystem::path& path);

}  // namespace lenet::pictures
