#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "data/pictures/picture_decoders.hpp"
#include "engine/core/error.hpp"

// Uncompressed BMP as BITMAPFILEHEADER and BITMAPINFOHEADER describe it
// (learn.microsoft.com/windows/win32/gdi/bitmap-storage): little-endian numbers, a palette for up to 8 bits
// per pixel, rows padded to four bytes, from the bottom to the top unless the height is negative.
namespace lenet::pictures {
namespace {

constexpr std::uint64_t kFileHeader = 14;
constexpr std::uint64_t kInfoHeader = 40;
// The first header with a mask for opacity, BITMAPV3INFOHEADER.
constexpr std::uint64_t kHeaderWithOpacity = 56;
constexpr std::uint64_t kRgb = 0;
constexpr std::uint64_t kMasks = 3;

/// Reads little-endian numbers at any place; throws where the file ends.
class BmpReader {
 public:
  explicit BmpReader(PictureBytes bytes) : bytes_(bytes) {}

  std::uint64_t number(std::uint64_t at, int size) const {
    require(at, static_cast<std::uint64_t>(size));
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i)
      value |= std::uint64_t{bytes_[at + static_cast<std::uint64_t>(i)]} << (8 * i);
    return value;
  }
  std::int64_t signed_number(std::uint64_t at) const {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(number(at, 4)));
  }
  PictureBytes range(std::uint64_t at, std::uint64_t size) const {
    require(at, size);
    return bytes_.subspan(at, size);
  }

 private:
  void require(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) throw DataError("is a BMP that is cut off");
  }

  PictureBytes bytes_;
};

struct BmpHeader {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  bool from_top = false;
  std::uint64_t bits = 0;     ///< per pixel
  std::uint64_t palette = 0;  ///< where it begins
  std::uint64_t colors = 0;   ///< in the palette
  std::uint64_t pixels = 0;   ///< where they begin
  bool has_opacity = false;

  std::uint64_t row_bytes() const { return (width * bits + 31) / 32 * 4; }
};

[[noreturn]] void unsupported(std::string_view what) {
  throw DataError(fmt::format("is a BMP {}: save it as PNG or JPEG", what));
}

std::uint64_t magnitude(std::int64_t number) {
  return static_cast<std::uint64_t>(number < 0 ? -number : number);
}

/// Returns whether the fourth byte of each pixel is its opacity. Throws unless the other three are blue,
/// green and red.
bool masks_have_opacity(const BmpReader& reader, std::uint64_t header_size) {
  constexpr std::uint64_t kFirstMask = kFileHeader + kInfoHeader;
  for (std::uint64_t i = 0; i < 3; ++i)
    if (reader.number(kFirstMask + 4 * i, 4) != std::uint64_t{0xff0000} >> (8 * i))
      unsupported("with unusual masks of its colours");
  return header_size >= kHeaderWithOpacity && reader.number(kFirstMask + 12, 4) == 0xff000000;
}

BmpHeader header_of(const BmpReader& reader) {
  const std::uint64_t size = reader.number(kFileHeader, 4);
  if (size < kInfoHeader) unsupported("of OS/2");
  const std::int64_t width = reader.signed_number(kFileHeader + 4);
  const std::int64_t height = reader.signed_number(kFileHeader + 8);
  if (width < 0) throw DataError("is a damaged BMP: its width is negative");
  BmpHeader header{.width = magnitude(width),
                   .height = magnitude(height),
                   .from_top = height < 0,
                   .bits = reader.number(kFileHeader + 14, 2),
                   .palette = kFileHeader + size,
                   .pixels = reader.number(10, 4)};
  require_picture_size(header.width, header.height);
  constexpr std::array<std::uint64_t, 5> kBits = {1, 4, 8, 24, 32};
  if (std::ranges::find(kBits, header.bits) == kBits.end())
    unsupported(fmt::format("of {} bits per pixel", header.bits));
  const std::uint64_t compression = reader.number(kFileHeader + 16, 4);
  if (compression == kMasks && header.bits == 32)
    header.has_opacity = masks_have_opacity(reader, size);
  else if (compression != kRgb)
    unsupported("that is compressed");
  if (header.bits <= 8) {
    const std::uint64_t all = std::uint64_t{1} << header.bits;
    const std::uint64_t colors = reader.number(kFileHeader + 32, 4);
    header.colors = colors == 0 || colors > all ? all : colors;
  }
  return header;
}

std::uint8_t grey_of_bgr(const std::uint8_t* bgr) { return luma(bgr[2], bgr[1], bgr[0]); }

/// Brightness of each index; those without a colour are black.
std::array<std::uint8_t, 256> palette_of(const BmpReader& reader, const BmpHeader& header) {
  std::array<std::uint8_t, 256> greys{};
  const PictureBytes colors = reader.range(header.palette, 4 * header.colors);
  for (std::uint64_t i = 0; i < header.colors; ++i) greys[i] = grey_of_bgr(&colors[4 * i]);
  return greys;
}

}  // namespace

Picture decode_bmp(PictureBytes bytes) {
  const BmpReader reader(bytes);
  const BmpHeader header = header_of(reader);
  // The last row may lack its padding.
  const std::uint64_t last_row = (header.width * header.bits + 7) / 8;
  const PictureBytes rows = reader.range(header.pixels, header.row_bytes() * (header.height - 1) + last_row);
  const std::array<std::uint8_t, 256> palette = palette_of(reader, header);
  Picture picture{.width = static_cast<std::int64_t>(header.width),
                  .height = static_cast<std::int64_t>(header.height),
                  .grey = {}};
  picture.grey.reserve(header.width * header.height);
  if (header.has_opacity) picture.opacity.reserve(header.width * header.height);
  for (std::uint64_t y = 0; y < header.height; ++y) {
    const std::uint64_t stored = header.from_top ? y : header.height - 1 - y;
    const std::uint8_t* const row = &rows[stored * header.row_bytes()];
    for (std::uint64_t x = 0; x < header.width; ++x) {
      const std::uint8_t* const pixel = row + x * header.bits / 8;
      if (header.bits >= 24) {
        picture.grey.push_back(grey_of_bgr(pixel));
        if (header.has_opacity) picture.opacity.push_back(pixel[3]);
      } else {
        const std::uint64_t shift = 8 - header.bits - x * header.bits % 8;
        picture.grey.push_back(palette[(*pixel >> shift) & ((1u << header.bits) - 1)]);
      }
    }
  }
  drop_full_opacity(picture);
  return picture;
}

}  // namespace lenet::pictures
