#include <fmt/format.h>
#include <libexif/exif-data.h>
#include <memory>
#include <new>
#include <string>
#include <turbojpeg.h>

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

[[noreturn]] void fail(tjhandle handle) {
  const std::string what = tjGetErrorStr2(handle);
  if (what.find("Premature end") != std::string::npos) throw DataError("is a JPEG that is cut off");
  throw DataError(fmt::format("is a damaged JPEG: {}", what));
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
  if (tjDecompressHeader3(handle.get(), bytes.data(), size, &width, &height, &subsampling, &colors) != 0)
    fail(handle.get());
  if (width <= 0 || height <= 0)
    throw DataError("is a JPEG that is cut off");  // the file ends before its sizes
  require_picture_size(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height));
  if (colors == TJCS_CMYK || colors == TJCS_YCCK)
    throw DataError("is a JPEG in CMYK, for printing: save it in RGB or grey");

  Picture picture{.width = width, .height = height, .grey = {}, .opacity = {}};
  picture.grey.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  // TJFLAG_LIMITSCANS: without it, a small progressive file may take minutes to decode.
  const int result = tjDecompress2(handle.get(), bytes.data(), size, picture.grey.data(), width, 0, height,
                                   TJPF_GRAY, TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS);
  if (result != 0) fail(handle.get());
  return upright(std::move(picture), exif_orientation(bytes));
}

}  // namespace lenet::pictures
