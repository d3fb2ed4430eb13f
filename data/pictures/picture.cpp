#include "data/pictures/picture.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <istream>
#include <string_view>
#include <utility>

#include "data/byte_source.hpp"
#include "data/pictures/picture_decoders.hpp"
#include "engine/core/error.hpp"
#include "engine/core/text.hpp"

namespace lenet::pictures {
namespace {

using Decoder = Picture (*)(PictureBytes);

/// File format with the bytes that its files begin with. Formats without a decoder are named in errors,
/// because users may have such files and must convert them.
struct Kind {
  std::string_view magic;
  std::string_view name;
  Decoder decode = nullptr;
  std::size_t offset = 0;
};

constexpr std::array kKinds = {
    Kind{"\x89PNG\r\n\x1a\n", "a PNG", decode_png},
    Kind{"\xff\xd8\xff", "a JPEG", decode_jpeg},
    Kind{"WEBP", "a WebP", decode_webp, 8},
    Kind{"BM", "a BMP", decode_bmp},
    Kind{"P2", "a PGM", decode_pgm},
    Kind{"P5", "a PGM", decode_pgm},
    Kind{"GIF8", "a GIF"},
    Kind{"ftyp", "a HEIC or AVIF", nullptr, 4},
    Kind{"II*\0", "a TIFF"},
    Kind{"MM\0*", "a TIFF"},
    Kind{"%PDF", "a PDF"},
    Kind{"<svg", "an SVG"},
    Kind{"<?xml", "an SVG"},
    Kind{"P1", "a PBM"},
    Kind{"P3", "a PPM"},
    Kind{"P4", "a PBM"},
    Kind{"P6", "a PPM"},
};

bool is(PictureBytes bytes, const Kind& kind) {
  if (bytes.size() < kind.offset + kind.magic.size()) return false;
  return std::ranges::equal(bytes.subspan(kind.offset, kind.magic.size()), kind.magic, {}, {},
                            [](char letter) { return static_cast<std::uint8_t>(letter); });
}

std::vector<std::uint8_t> content_of(const std::filesystem::path& path) {
  const auto source = data::ByteSource::open(path);
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<std::uint8_t> bytes;
  for (std::size_t got = kPiece; got == kPiece;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kPiece);
    got = source->read(std::span(bytes).subspan(before));
    bytes.resize(before + got);
    if (bytes.size() > kMaxPictureBytes)
      throw DataError(fmt::format("{}: is larger than {}, the most that a picture may have", path.string(),
                                  bytes_text(kMaxPictureBytes)));
  }
  return bytes;
}

}  // namespace

Picture decode_picture(PictureBytes bytes) {
  if (bytes.empty()) throw DataError("is empty, expected a picture");
  const auto kind = std::ranges::find_if(kKinds, [&](const Kind& candidate) { return is(bytes, candidate); });
  if (kind == kKinds.end()) throw DataError("is no PNG, JPEG, WebP, BMP or PGM file");
  if (!kind->decode)
    throw DataError(fmt::format("is {}, expected PNG, JPEG, WebP, BMP or PGM: save it as one", kind->name));
  return kind->decode(bytes);
}

Picture read_picture(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = content_of(path);
  try {
    return decode_picture(bytes);
  } catch (const DataError& error) {
    throw DataError(path.string() + ": " + error.what());
  }
}

Picture read_picture(std::istream& input) {
  constexpr std::string_view kName = "standard input";
  std::vector<std::uint8_t> bytes(kMaxPictureBytes + 1);
  input.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(input.gcount()));
  if (bytes.size() > kMaxPictureBytes)
    throw DataError(fmt::format("{}: is larger than {}, the most that a picture may have", kName,
                                bytes_text(kMaxPictureBytes)));
  try {
    return decode_picture(bytes);
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}: {}", kName, error.what()));
  }
}

bool is_idx(const std::filesystem::path& path) {
  // The magic number is two zeros, the type of the elements and the number of axes.
  constexpr std::array<std::uint8_t, 6> kTypes = {0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e};
  std::array<std::uint8_t, 4> magic{};
  return data::ByteSource::open(path)->read(magic) == magic.size() && magic[0] == 0 && magic[1] == 0 &&
         std::ranges::find(kTypes, magic[2]) != kTypes.end() && magic[3] >= 1 && magic[3] <= 4;
}

void require_picture_size(std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0) throw DataError("has no pixels");
  if (width > kMaxPixels || height > kMaxPixels || width * height > kMaxPixels)
    throw DataError(fmt::format("has {}×{} pixels, more than {} million in all: make it smaller", width,
                                height, kMaxPixels / 1'000'000));
}

Picture grey_of_rgba(std::int64_t width, std::int64_t height, std::span<const std::uint8_t> rgba) {
  const auto count = static_cast<std::size_t>(width * height);
  Picture picture{.width = width, .height = height, .grey = std::vector<std::uint8_t>(count)};
  picture.opacity.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const pixel = &rgba[i * kRgbaChannels];
    picture.grey[i] = luma(pixel[0], pixel[1], pixel[2]);
    picture.opacity[i] = pixel[3];
  }
  drop_full_opacity(picture);
  return picture;
}

void drop_full_opacity(Picture& picture) {
  if (std::ranges::all_of(picture.opacity, [](std::uint8_t opacity) { return opacity == 255; }))
    picture.opacity = {};
}

Picture upright(Picture picture, int orientation) {
  // Position of the stored first row and column in the upright picture, by the EXIF standard (CIPA DC-008,
  // tag 0x0112).
  const bool swapped = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  if (!swapped && !from_right && !from_below) return picture;
  Picture turned{.width = swapped ? picture.height : picture.width,
                 .height = swapped ? picture.width : picture.height,
                 .grey = {},
                 .damage = std::move(picture.damage)};
  const auto turn = [&](const std::vector<std::uint8_t>& from, std::vector<std::uint8_t>& to) {
    if (from.empty()) return;
    to.reserve(from.size());
    for (std::int64_t y = 0; y < turned.height; ++y)
      for (std::int64_t x = 0; x < turned.width; ++x) {
        const std::int64_t column = swapped ? y : x;
        const std::int64_t row = swapped ? x : y;
        const std::int64_t from_x = from_right ? picture.width - 1 - column : column;
        const std::int64_t from_y = from_below ? picture.height - 1 - row : row;
        to.push_back(from[static_cast<std::size_t>(from_y * picture.width + from_x)]);
      }
  };
  turn(picture.grey, turned.grey);
  turn(picture.opacity, turned.opacity);
  return turned;
}

}  // namespace lenet::pictures
