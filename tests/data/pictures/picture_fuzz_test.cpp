// Decodes thousands of damaged pictures; each must give a picture or a DataError. The address sanitizer finds
// invalid memory accesses.
#include <string>
#include <sys/resource.h>

#include "data/pictures/digit_picture.hpp"
#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "tests/data/pictures/encoded_pictures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pages.hpp"

using namespace lenet;
using namespace lenet::pictures;

namespace {

std::string damaged(std::string bytes, RandomSequence& random) {
  const auto place = [&] { return random.below(static_cast<std::uint32_t>(bytes.size())); };
  for (std::uint32_t change = 0; change <= random.below(4) && !bytes.empty(); ++change) {
    const std::uint32_t at = place();
    switch (random.below(6)) {
      case 0:  // a bit
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 1:  // a byte
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 2:  // a number in the place of sizes
        bytes.replace(random.below(std::min<std::uint32_t>(64, static_cast<std::uint32_t>(bytes.size()))), 1,
                      std::string(2, static_cast<char>(random.below(2) ? 0xff : 0)));
        break;
      case 3:  // the end missing
        bytes.resize(at);
        break;
      case 4:  // a piece twice
        bytes.insert(at, bytes.substr(place(), random.below(64)));
        break;
      default:  // a piece missing
        bytes.erase(at, random.below(64));
    }
  }
  return bytes;
}

/// Corrects the checksums of a damaged PNG, which would otherwise keep almost all damage from the decoder.
std::string with_right_sums(std::string png) {
  std::size_t at = 8;
  while (at + 12 <= png.size()) {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>(png[at + i]);
    if (length > png.size() - at - 12) break;
    const std::string chunk = png_chunk(png.substr(at + 4, 4), png.substr(at + 8, length));
    png.replace(at, chunk.size(), chunk);
    at += chunk.size();
  }
  return png;
}

struct Outcomes {
  int pictures = 0;
  int errors = 0;
};

void read(const std::string& bytes, Outcomes& outcomes) {
  try {
    const Picture picture = decode_picture(bytes_of(bytes));
    ++outcomes.pictures;
    const auto pixels = static_cast<std::size_t>(picture.width * picture.height);
    REQUIRE(picture.width * picture.height <= kMaxPixels);
    REQUIRE(picture.grey.size() == pixels);
    REQUIRE((picture.opacity.empty() || picture.opacity.size() == pixels));
    // Most of the time goes into finding digits, which does not depend on the format.
    if (pixels < 100'000 && outcomes.pictures % 20 == 1) digit_from_picture(picture);
  } catch (const DataError& error) {
    ++outcomes.errors;
    REQUIRE(std::string(error.what()).find('\n') == std::string::npos);
  }
}

double resident_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

TEST_CASE("damaged pictures give a picture or an error of one line, in bounded memory", "[picture][fuzz]") {
  const double before = resident_mib();
  Picture page = slope(40, 30);
  for (std::size_t i = 0; i < page.grey.size(); i += 7) page.grey[i] = 255;
  const std::string png = as_png(page);
  const std::string rgba = write_png({20, 15, 8, 6}, text_of(page.grey));
  const std::vector<std::string> originals = {png,
                                              rgba,
                                              as_jpeg(page),
                                              as_jpeg(page, TJFLAG_PROGRESSIVE),
                                              with_orientation(as_jpeg(page), 6),
                                              as_webp(page),
                                              as_webp(page, 80),
                                              rgba_as_webp(20, 15, text_of(page.grey), 80),
                                              as_bmp({20, 20, 24}, text_of(page.grey)),
                                              as_cmyk_jpeg(20, 15, text_of(page.grey)),
                                              as_pgm(page),
                                              "P2 4 3 15 0 1 2 3 4 5 6 7 8 9 10 11\n"};
  RandomSequence random(1, RandomStream::synthetic_digits, 0);
  constexpr int kRounds = 400;
  for (const std::string& original : originals) {
    Outcomes outcomes;
    for (int round = 0; round < kRounds; ++round) {
      const std::string bytes = damaged(original, random);
      read(bytes, outcomes);
      if (original == png || original == rgba) read(with_right_sums(bytes), outcomes);
    }
    // If nothing failed, or everything, the test would prove little.
    CHECK(outcomes.pictures > 0);
    CHECK(outcomes.errors > kRounds / 20);
  }
  // The largest picture has 50 million pixels, which take six bytes each in a PNG, seven in a progressive
  // JPEG and 13 in one in CMYK. The sanitizer also delays the reuse of freed memory.
  CHECK(resident_mib() - before < 1500);
}
