#include <fmt/format.h>
#include <memory>
#include <new>
#include <spng.h>
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

// Luma of Rec. 601, which JPEG uses, in units of 1/1024.
std::uint8_t luma(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((306u * rgb[0] + 601u * rgb[1] + 117u * rgb[2] + 512u) >> 10);
}

// Deflate compresses at most 1032 to 1 (zlib's documentation), so a short file with a large size in its
// header is detected before memory is allocated.
bool can_hold(PictureBytes bytes, const spng_ihdr& header) {
  constexpr std::uint64_t kLargestRatio = 1032;
  const std::uint64_t row = std::uint64_t{header.width} * header.bit_depth / 8;  // assumes only one channel
  return row * header.height <= bytes.size() * kLargestRatio;
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

Picture decode_png(PictureBytes bytes) {
  // The library verifies checksums, drops unknown chunks and, with the limit below, keeps at most 1 MiB of
  // known ones.
  const std::unique_ptr<spng_ctx, FreeContext> context(spng_ctx_new(0));
  if (!context) throw std::bad_alloc();
  constexpr std::size_t kMaxChunkBytes = std::size_t{1} << 20;
  check(spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkBytes));
  check(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()));
  spng_ihdr header{};
  check(spng_get_ihdr(context.get(), &header));
  require_picture_size(header.width, header.height);
  if (!can_hold(bytes, header)) throw DataError("is a PNG that is cut off");

  constexpr std::size_t kChannels = 4;
  Picture picture{.width = header.width, .height = header.height, .grey = {}, .opacity = {}};
  const std::size_t count = std::size_t{header.width} * header.height;
  std::vector<std::uint8_t> rgba(count * kChannels);
  check(spng_decode_image(context.get(), rgba.data(), rgba.size(), SPNG_FMT_RGBA8, SPNG_DECODE_TRNS));
  picture.grey.resize(count);
  picture.opacity.resize(count);
  bool opaque = true;
  for (std::size_t i = 0; i < count; ++i) {
    picture.grey[i] = luma(&rgba[i * kChannels]);
    picture.opacity[i] = rgba[i * kChannels + 3];
    opaque = opaque && picture.opacity[i] == 255;
  }
  if (opaque) picture.opacity = {};
  return upright(std::move(picture), orientation_of(context.get()));
}

}  // namespace lenet::pictures
