#include <fmt/format.h>
#include <memory>
#include <new>
#include <spng.h>
#include <string_view>
#include <utility>
#include <vector>

#include "data/pictures/picture_decoders.hpp"
#include "engine/core/error.hpp"

namespace lenet::pictures {
namespace {

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};

void check(int error) {
  if (error == SPNG_OK) return;
  if (error == SPNG_EOF || error == SPNG_IO_EOF) throw DataError("is a PNG that is cut off");
  if (error == SPNG_EUSER_WIDTH || error == SPNG_EUSER_HEIGHT || error == SPNG_EWIDTH ||
      error == SPNG_EHEIGHT)
    throw DataError(fmt::format("is a PNG of a size that cannot be: {}", spng_strerror(error)));
  throw DataError(fmt::format("is a damaged PNG: {}", spng_strerror(error)));
}

// Deflate compresses at most 1032 to 1 (zlib's documentation), so a short file with a large size in its
// header is detected before memory is allocated.
bool can_hold(PictureBytes bytes, const spng_ihdr& header) {
  constexpr std::uint64_t kLargestRatio = 1032;
  const std::uint64_t row = std::uint64_t{header.width} * header.bit_depth / 8;  // assumes only one channel
  return row * header.height <= bytes.size() * kLargestRatio;
}

/// Returns a PNG without the chunks that change no pixel: text, colour profiles and others, which may be
/// long.
std::vector<std::uint8_t> without_remarks(PictureBytes png) {
  constexpr std::size_t kSignature = 8;
  constexpr std::size_t kChunk = 12;  // length, type and checksum
  std::vector<std::uint8_t> kept(png.begin(), png.begin() + kSignature);
  std::size_t at = kSignature;
  while (png.size() - at >= kChunk) {
    const auto chunk = png.subspan(at);
    const std::size_t length = std::size_t{chunk[0]} << 24 | chunk[1] << 16 | chunk[2] << 8 | chunk[3];
    if (length > chunk.size() - kChunk) break;
    const std::string_view type(reinterpret_cast<const char*>(&chunk[4]), 4);
    const bool is_critical = (chunk[4] & 0x20) == 0;
    if (is_critical || type == "tRNS" || type == "eXIf")
      kept.insert(kept.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(kChunk + length));
    at += kChunk + length;
  }
  kept.insert(kept.end(), png.begin() + static_cast<std::ptrdiff_t>(at), png.end());
  return kept;
}

/// Returns the orientation in the eXIf chunk, which may be anywhere in the file. The chunk lacks the mark
/// with which EXIF data begin in a JPEG.
int orientation_of(spng_ctx* context) {
  spng_exif exif{};
  if (spng_decode_chunks(context) != SPNG_OK || spng_get_exif(context, &exif) != SPNG_OK) return 1;
  std::vector<std::uint8_t> marked{'E', 'x', 'i', 'f', 0, 0};
  marked.insert(marked.end(), exif.data, exif.data + exif.length);
  return exif_orientation(marked);
}

}  // namespace

Picture decode_png(PictureBytes file) {
  // The library verifies checksums and, with the limit below, keeps at most 1 MiB of chunks.
  const std::unique_ptr<spng_ctx, FreeContext> context(spng_ctx_new(0));
  if (!context) throw std::bad_alloc();
  constexpr std::size_t kMaxChunkBytes = std::size_t{1} << 20;
  check(spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkBytes));
  const std::vector<std::uint8_t> bytes = without_remarks(file);
  check(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()));
  spng_ihdr header{};
  check(spng_get_ihdr(context.get(), &header));
  require_picture_size(header.width, header.height);
  if (!can_hold(bytes, header)) throw DataError("is a PNG that is cut off");

  const std::size_t count = std::size_t{header.width} * header.height;
  std::vector<std::uint8_t> rgba(count * kRgbaChannels);
  check(spng_decode_image(context.get(), rgba.data(), rgba.size(), SPNG_FMT_RGBA8, SPNG_DECODE_TRNS));
  return upright(grey_of_rgba(header.width, header.height, rgba), orientation_of(context.get()));
}

}  // namespace lenet::pictures
