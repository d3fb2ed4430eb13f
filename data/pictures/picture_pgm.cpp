#include <fmt/format.h>

#include "data/pictures/picture_decoders.hpp"
#include "engine/core/error.hpp"

// PGM as netpbm describes it (netpbm.sourceforge.net/doc/pgm.html): magic, width, height and the largest
// value as decimal numbers between white space and comments; one white space; then the values, in P5 as bytes
// or big-endian pairs of bytes, in P2 as numbers.
namespace lenet::pictures {
namespace {

[[noreturn]] void cut_off() { throw DataError("is a PGM that is cut off"); }

bool is_space(std::uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

class PgmReader {
 public:
  explicit PgmReader(PictureBytes bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    if (at_ == bytes_.size()) cut_off();
    return bytes_[at_++];
  }
  /// Returns the next number, which must not be above `largest`.
  std::uint64_t number(std::string_view what, std::uint64_t largest) {
    skip_space();
    std::uint64_t value = 0;
    bool any = false;
    for (; at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; any = true) {
      value = value * 10 + (bytes_[at_++] - std::uint64_t{'0'});
      if (value > largest)
        throw DataError(fmt::format("is a damaged PGM: the {} is more than {}", what, largest));
    }
    if (!any && at_ == bytes_.size()) cut_off();
    if (!any) throw DataError(fmt::format("is a damaged PGM: expected the {} at byte {}", what, at_));
    return value;
  }
  std::size_t left() const { return bytes_.size() - at_; }

 private:
  void skip_space() {
    while (at_ < bytes_.size() && (is_space(bytes_[at_]) || bytes_[at_] == '#')) {
      if (bytes_[at_] == '#')
        while (at_ < bytes_.size() && bytes_[at_] != '\n') ++at_;
      else
        ++at_;
    }
  }

  PictureBytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace

Picture decode_pgm(PictureBytes bytes) {
  PgmReader reader(bytes);
  reader.byte();
  const bool plain = reader.byte() == '2';
  constexpr std::uint64_t kLargestSide = 1'000'000'000;
  const std::uint64_t width = reader.number("width", kLargestSide);
  const std::uint64_t height = reader.number("height", kLargestSide);
  require_picture_size(width, height);
  const std::uint64_t white = reader.number("largest value", 65'535);
  if (white == 0) throw DataError("is a damaged PGM: the largest value is 0");

  const std::size_t count = width * height;
  const std::size_t bytes_per_value = white > 255 ? 2 : 1;
  if (plain) {
    if (reader.left() < 2 * count)
      cut_off();  // a digit and a space per value, checked before memory is allocated
  } else {
    if (!is_space(reader.byte())) throw DataError("is a damaged PGM: no white space before its values");
    if (reader.left() < count * bytes_per_value) cut_off();
  }
  Picture picture{.width = static_cast<std::int64_t>(width),
                  .height = static_cast<std::int64_t>(height),
                  .grey = std::vector<std::uint8_t>(count),
                  .opacity = {}};
  for (std::uint8_t& grey : picture.grey) {
    std::uint64_t value = plain ? reader.number("value", white) : reader.byte();
    if (!plain && bytes_per_value == 2) value = value << 8 | reader.byte();
    if (value > white)
      throw DataError(
          fmt::format("is a damaged PGM: the value {} is more than its largest, {}", value, white));
    grey = static_cast<std::uint8_t>((value * 255 + white / 2) / white);
  }
  return picture;
}

}  // namespace lenet::pictures
