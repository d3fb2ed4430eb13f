#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "data/byte_source.hpp"
#include "engine/core/error.hpp"

namespace lenet::data {
namespace {

constexpr std::uint32_t kImagesMagic = 0x0803;
constexpr std::uint32_t kLabelsMagic = 0x0801;
// Images of 8 GB. A hostile file, compressed or with holes, may really hold more.
constexpr std::uint32_t kMostItems = 10'000'000;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

void append_big_endian(std::vector<std::uint8_t>& bytes, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

/// Reader of one IDX file.
class IdxReader {
 public:
  explicit IdxReader(const std::filesystem::path& path)
      : name_(path.string()), source_(ByteSource::open(path)) {}

  /// Reads the header, which must have this magic number. Returns the sizes of the dimensions.
  std::vector<std::uint32_t> header(std::uint32_t magic) {
    const std::uint32_t found = word("the magic number");
    if (found != magic) refuse_magic(found, magic);
    std::vector<std::uint32_t> sizes;
    for (std::uint32_t axis = 0; axis < (magic & 0xff); ++axis) sizes.push_back(word("the sizes"));
    if (sizes[0] == 0) fail("at byte 4: declares 0 items, expected at least 1");
    if (sizes[0] > kMostItems)
      fail("at byte 4: declares {} items, more than the {} that are read", sizes[0], kMostItems);
    return sizes;
  }

  /// Returns the rest of the file, which must be exactly `count` bytes.
  std::vector<std::uint8_t> rest(std::uint64_t count) {
    // Checked before memory is allocated: can the file hold what its header declares?
    if (count > source_->largest_size() - std::min(source_->largest_size(), position_))
      fail("at byte 4: declares {} bytes of data, more than the file can hold; is it truncated?", count);
    std::vector<std::uint8_t> bytes = read_growing(count);
    if (bytes.size() < count)
      fail("ends after {} of {} bytes of data; is the file truncated?", bytes.size(), count);
    std::array<std::uint8_t, 1> extra{};
    if (source_->read(extra) > 0)
      fail("at byte {}: goes on after its {} bytes of data", position_ + count, count);
    return bytes;
  }

  template <class... Arguments>
  [[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    throw DataError(name_ + ": " + fmt::format(format, std::forward<Arguments>(arguments)...));
  }

 private:
  /// Reads up to `count` bytes into memory that grows with the data: a header may lie about them.
  std::vector<std::uint8_t> read_growing(std::uint64_t count) {
    std::vector<std::uint8_t> bytes;
    for (std::uint64_t room = source_->likely_size() + 1; bytes.size() < count; room *= 2) {
      const std::size_t before = bytes.size();
      bytes.resize(std::min(count, room));
      const std::size_t got = source_->read(std::span(bytes).subspan(before));
      if (got == bytes.size() - before) continue;
      bytes.resize(before + got);
      break;
    }
    return bytes;
  }

  std::uint32_t word(const char* what) {
    std::array<std::uint8_t, 4> bytes{};
    const std::size_t got = source_->read(bytes);
    if (position_ == 0 && got > 0 && bytes[0] == '<')
      fail("is an HTML or XML page, expected an IDX file; was the download answered by an error page?");
    if (got < bytes.size()) fail("ends at byte {} within {}, expected an IDX file", position_ + got, what);
    position_ += bytes.size();
    return big_endian(bytes);
  }

  [[noreturn]] void refuse_magic(std::uint32_t found, std::uint32_t expected) const {
    if (found == kImagesMagic || found == kLabelsMagic)
      fail("holds {}, expected {}; are the two files swapped?", found == kImagesMagic ? "images" : "labels",
           expected == kImagesMagic ? "images" : "labels");
    if ((found >> 16) == 0 && (found >> 8 & 0xff) != 0x08)
      fail("at byte 2: data type 0x{:02x}, expected 0x08 (uint8)", found >> 8 & 0xff);
    if ((found >> 16) == 0) fail("at byte 3: rank {}, expected {}", found & 0xff, expected & 0xff);
    fail("at byte 0: magic number 0x{:08x}, expected 0x{:08x} of an IDX file", found, expected);
  }

  std::string name_;
  std::unique_ptr<ByteSource> source_;
  std::uint64_t position_ = 0;
};

}  // namespace

std::vector<std::uint8_t> read_idx_images(const std::filesystem::path& path) {
  IdxReader reader(path);
  const auto sizes = reader.header(kImagesMagic);
  if (sizes[1] != kImageRows || sizes[2] != kImageColumns)
    reader.fail("at byte 8: images of {}×{}, expected {}×{}", sizes[1], sizes[2], kImageRows, kImageColumns);
  return reader.rest(std::uint64_t{sizes[0]} * kImagePixels);
}

std::int64_t idx_image_count(const std::filesystem::path& path) {
  return IdxReader(path).header(kImagesMagic).front();
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  IdxReader reader(path);
  const auto sizes = reader.header(kLabelsMagic);
  std::vector<std::uint8_t> labels = reader.rest(sizes[0]);
  const auto wrong = std::ranges::find_if(labels, [](std::uint8_t label) { return label >= kClasses; });
  if (wrong != labels.end())
    reader.fail("at byte {}: label {}, expected 0 to 9", 8 + (wrong - labels.begin()), *wrong);
  return labels;
}

Samples read_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels) {
  Samples samples{.pixels = read_idx_images(images), .labels = read_idx_labels(labels)};
  const std::size_t count = samples.pixels.size() / kImagePixels;
  if (count != samples.labels.size())
    throw DataError(fmt::format("{}: {} labels, but {} images in {}", labels.string(), samples.labels.size(),
                                count, images.string()));
  return samples;
}

std::vector<std::uint8_t> idx_image_file(std::span<const std::uint8_t> pixels) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(16 + pixels.size());
  append_big_endian(bytes, kImagesMagic);
  append_big_endian(bytes, pixels.size() / kImagePixels);
  append_big_endian(bytes, kImageRows);
  append_big_endian(bytes, kImageColumns);
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  return bytes;
}

std::vector<std::uint8_t> idx_label_file(std::span<const std::uint8_t> labels) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(8 + labels.size());
  append_big_endian(bytes, kLabelsMagic);
  append_big_endian(bytes, labels.size());
  bytes.insert(bytes.end(), labels.begin(), labels.end());
  return bytes;
}

}  // namespace lenet::data
