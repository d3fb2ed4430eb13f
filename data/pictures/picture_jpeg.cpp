#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <libexif/exif-data.h>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <turbojpeg.h>
#include <vector>

#include "data/pictures/picture_decoders.hpp"
#include "engine/core/error.hpp"

namespace lenet::pictures {
namespace {

struct DestroyHandle {
  void operator()(void* handle) const { tjDestroy(handle); }
};
struct UnrefExif {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

bool says_cut_off(std::string_view message) { return message.find("Premature end of JPEG") != message.npos; }

[[noreturn]] void fail(tjhandle handle) {
  const std::string what = tjGetErrorStr2(handle);
  if (says_cut_off(what)) throw DataError("is a JPEG that is cut off");
  throw DataError(fmt::format("is a damaged JPEG: {}", what));
}

// Markers (ISO/IEC 10918-1, table B.1), which coded data cannot hold.
constexpr std::string_view kScanMarker = "\xff\xda";
constexpr std::string_view kEndMarker = "\xff\xd9";

std::string_view text_of(PictureBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Throws if a progressive JPEG has so many scans that it would take minutes to decode: each scan may visit
/// all pixels, and may take few bytes. Usual files have about ten.
void require_few_scans(PictureBytes bytes, const Picture& picture) {
  constexpr std::int64_t kMostVisits = 24 * kMaxPixels;
  const std::string_view text = text_of(bytes);
  std::int64_t scans = 0;
  for (std::size_t at = text.find(kScanMarker); at != text.npos; at = text.find(kScanMarker, at + 1)) ++scans;
  if (scans * picture.width * picture.height > kMostVisits)
    throw DataError(fmt::format("is a JPEG of {} scans, too many for its size: save it again", scans));
}

/// Returns whether a message of the library is about something after which it could go on. Its own code does
/// not say so: an error after a warning has the same code.
bool is_passable(std::string_view message) {
  constexpr std::array<std::string_view, 5> kPassable = {
      "Corrupt JPEG data", "unknown JFIF revision", "Unknown Adobe color transform",
      "Invalid SOS parameters for sequential", "Inconsistent progression sequence"};
  return std::ranges::any_of(kPassable,
                             [&](std::string_view text) { return message.find(text) != message.npos; });
}

/// Returns what is wrong with a JPEG that was decoded with warnings, of which the library names the first.
/// Throws if pixels are missing: nothing says how much of the digit they had.
std::string warning_of(tjhandle handle, PictureBytes bytes) {
  const std::string message = tjGetErrorStr2(handle);
  if (!is_passable(message)) fail(handle);
  const std::string_view text = text_of(bytes);
  const std::size_t end = text.rfind(kEndMarker);
  // Pictures within the EXIF data end before the last scan begins.
  if (end == text.npos || end < text.rfind(kScanMarker)) throw DataError("is a JPEG that is cut off");
  return fmt::format("the JPEG has errors: {}", message);
}

/// Returns the brightness of pixels in cyan, magenta, yellow and black, each 255 where there is no ink:
/// programs write them as Adobe's do, inverted, and browsers read them so.
std::vector<std::uint8_t> grey_of_cmyk(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> grey(cmyk.size() / 4);
  for (std::size_t i = 0; i < grey.size(); ++i) {
    const std::uint8_t* const pixel = &cmyk[4 * i];
    const auto light = [&](unsigned ink) { return (ink * pixel[3] + 127) / 255; };
    grey[i] = luma(light(pixel[0]), light(pixel[1]), light(pixel[2]));
  }
  return grey;
}

}  // namespace

int exif_orientation(PictureBytes jpeg_or_exif) {
  // EXIF data are in the first marker segments, which have at most 64 KiB each.
  constexpr std::size_t kSearched = std::size_t{1} << 20;
  const std::unique_ptr<ExifData, UnrefExif> data(exif_data_new_from_data(
      jpeg_or_exif.data(),
      static_cast<unsigned>(jpeg_or_exif.size() < kSearched ? jpeg_or_exif.size() : kSearched)));
  if (!data) return 1;
  const ExifEntry* const entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (!entry || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

Picture decode_jpeg(PictureBytes bytes) {
  const std::unique_ptr<void, DestroyHandle> handle(tjInitDecompress());
  if (!handle) throw std::bad_alloc();
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0, height = 0, subsampling = 0, colors = 0;
  if (tjDecompressHeader3(handle.get(), bytes.data(), size, &width, &height, &subsampling, &colors) != 0 &&
      !is_passable(tjGetErrorStr2(handle.get())))
    fail(handle.get());
  if (width <= 0 || height <= 0)
    throw DataError("is a JPEG that is cut off");  // the file ends before its sizes
  require_picture_size(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height));

  Picture picture{.width = width, .height = height, .grey = {}};
  require_few_scans(bytes, picture);
  const bool is_cmyk = colors == TJCS_CMYK || colors == TJCS_YCCK;
  const TJPF format = is_cmyk ? TJPF_CMYK : TJPF_GRAY;
  const auto channels = static_cast<std::size_t>(tjPixelSize[format]);
  picture.grey.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * channels);
  if (tjDecompress2(handle.get(), bytes.data(), size, picture.grey.data(), width, 0, height, format,
                    TJFLAG_LIMITSCANS) != 0)
    picture.damage = warning_of(handle.get(), bytes);
  if (is_cmyk) picture.grey = grey_of_cmyk(picture.grey);
  return upright(std::move(picture), exif_orientation(bytes));
}

}  // namespace lenet::pictures
