#include <algorithm>
#include <fmt/format.h>
#include <new>
#include <string_view>
#include <vector>
#include <webp/decode.h>

#include "data/pictures/picture_decoders.hpp"
#include "engine/core/error.hpp"

namespace lenet::pictures {
namespace {

[[noreturn]] void fail_webp(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      throw std::bad_alloc();
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      throw DataError("is a WebP that is cut off");
    default:
      throw DataError("is a damaged WebP");
  }
}

/// Returns the orientation in the EXIF chunk, which is after the picture (RFC 9649, section 2.7). The chunk
/// may lack the mark with which EXIF data begin in a JPEG.
int webp_orientation(PictureBytes bytes) {
  constexpr std::size_t kRiffHeader = 12;
  constexpr std::size_t kChunkHeader = 8;
  constexpr std::string_view kMark("Exif\0\0", 6);
  const auto begins = [](PictureBytes data, std::string_view text) {
    return data.size() >= text.size() &&
           std::equal(text.begin(), text.end(), data.begin(),
                      [](char a, auto b) { return static_cast<std::uint8_t>(a) == b; });
  };
  bytes = bytes.subspan(kRiffHeader);
  while (bytes.size() >= kChunkHeader) {
    const std::size_t size = bytes[4] | bytes[5] << 8 | bytes[6] << 16 | std::size_t{bytes[7]} << 24;
    const PictureBytes content = bytes.subspan(kChunkHeader, std::min(size, bytes.size() - kChunkHeader));
    if (begins(bytes, "EXIF")) {
      std::vector<std::uint8_t> marked;
      if (!begins(content, kMark)) marked.assign(kMark.begin(), kMark.end());
      marked.insert(marked.end(), content.begin(), content.end());
      return exif_orientation(marked);
    }
    bytes = bytes.subspan(std::min(bytes.size(), kChunkHeader + content.size() + size % 2));
  }
  return 1;
}

}  // namespace

Picture decode_webp(PictureBytes bytes) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) throw DataError("is a WebP, which this libwebp cannot read");
  if (const auto status = WebPGetFeatures(bytes.data(), bytes.size(), &config.input); status != VP8_STATUS_OK)
    fail_webp(status);
  require_picture_size(static_cast<std::uint64_t>(config.input.width),
                       static_cast<std::uint64_t>(config.input.height));
  if (config.input.has_animation) throw DataError("is an animated WebP: save one picture of it");

  const auto count =
      static_cast<std::size_t>(config.input.width) * static_cast<std::size_t>(config.input.height);
  std::vector<std::uint8_t> rgba(count * kRgbaChannels);
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = rgba.data(),
                          .stride = config.input.width * static_cast<int>(kRgbaChannels),
                          .size = rgba.size()};
  const VP8StatusCode status = WebPDecode(bytes.data(), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) fail_webp(status);
  return upright(grey_of_rgba(config.input.width, config.input.height, rgba), webp_orientation(bytes));
}

}  // namespace lenet::pictures
