// WebP, BMP, and what JPEGs and PNGs may hold besides a plain picture.
#include <string>
#include <vector>

#include "data/pictures/digit_picture.hpp"
#include "data/pictures/picture.hpp"
#include "engine/core/error.hpp"
#include "tests/data/pictures/encoded_pictures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pages.hpp"

using namespace lenet;
using namespace lenet::pictures;
using namespace std::string_literals;

namespace {

using Grey = std::vector<std::uint8_t>;

struct Refused {
  std::string bytes;
  std::string message;
};

void check_refused(const std::vector<Refused>& cases) {
  for (const Refused& bad : cases) {
    INFO(bad.message);
    CHECK_THROWS_AS(decode(bad.bytes), DataError);
    CHECK_THROWS_WITH(decode(bad.bytes), contains(bad.message));
  }
}

std::string riff(const std::string& chunks) {
  return "RIFF" + little_endian(static_cast<std::uint32_t>(4 + chunks.size())) + "WEBP" + chunks;
}
std::string riff_chunk(const std::string& type, const std::string& data) {
  return type + little_endian(static_cast<std::uint32_t>(data.size())) + data +
         std::string(data.size() % 2, '\0');
}

/// Returns a WebP in the extended format (RFC 9649, section 2.7) of a simple one, with EXIF data behind it.
std::string with_exif(const std::string& webp, std::uint8_t width, std::uint8_t height,
                      const std::string& exif) {
  const std::string sizes = {static_cast<char>(width - 1), 0, 0, static_cast<char>(height - 1), 0, 0};
  return riff(riff_chunk("VP8X", "\x08\0\0\0"s + sizes) + webp.substr(12) + riff_chunk("EXIF", exif));
}

/// Returns a JPEG with two bytes that are no marker behind its first segment.
std::string with_extra_bytes(std::string jpeg) {
  const std::size_t segment = 4;
  const int length =
      static_cast<std::uint8_t>(jpeg[segment]) << 8 | static_cast<std::uint8_t>(jpeg[segment + 1]);
  return jpeg.insert(segment + static_cast<std::size_t>(length), 2, '\0');
}

/// Returns a page with an upright bar.
Picture one_page() {
  std::vector<std::uint8_t> one(784);
  for (std::size_t row = 4; row < 24; ++row) one[row * 28 + 13] = one[row * 28 + 14] = 255;
  return draw_page({.width = 280, .height = 280, .left = 0, .top = 0, .scale = 10}, one);
}

}  // namespace

TEST_CASE("WebPs are read, lossless and lossy, with their opacity", "[picture]") {
  const std::string colors = "\xff\0\0\xff\0\xff\0\xff\0\0\xff\xff\xff\xff\xff\xff"s;
  const Picture plain = decode(rgba_as_webp(4, 1, colors));
  CHECK(plain.grey == Grey{76, 150, 29, 255});
  CHECK(plain.opacity.empty());
  const Picture alpha = decode(rgba_as_webp(2, 1, "\x10\x10\x10\x40\x20\x20\x20\xff"s));
  CHECK(alpha.grey == Grey{16, 32});
  CHECK(alpha.opacity == Grey{64, 255});
  const Picture original = slope(61, 40);
  const Picture lossy = decode(as_webp(original, 95));
  REQUIRE(lossy.width == 61);
  REQUIRE(lossy.height == 40);
  CHECK(distance(lossy.grey, original.grey) < 2);  // error of a smooth picture at quality 95
}

TEST_CASE("WebPs are rotated by their EXIF orientation", "[picture]") {
  const Picture original{.width = 3, .height = 2, .grey = {1, 2, 3, 4, 5, 6}};
  const std::string tiff = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"s;
  for (const std::string& exif : {tiff, "Exif\0\0"s + tiff}) {
    const Picture read = decode(with_exif(as_webp(original), 3, 2, exif));
    CHECK(read.width == 2);
    CHECK(read.height == 3);
    CHECK(read.grey == Grey{4, 1, 5, 2, 6, 3});
  }
  CHECK(decode(with_exif(as_webp(original), 3, 2, "II")).width == 3);
}

TEST_CASE("WebPs that are cut off, damaged, animated or too large are refused with the reason", "[picture]") {
  const std::string webp = as_webp(slope(40, 30));
  std::string wide = webp;  // 14 bits each for width and height, less one, after the signature (section 3.4)
  wide.replace(wide.find("VP8L") + 9, 4, "\xff\xff\xff\x0f");
  const std::string canvas = "\x02\0\0\0\x27\0\0\x1d\0\0"s;  // flags with animation, 40 × 30
  const std::string moving = riff(riff_chunk("VP8X", canvas) + riff_chunk("ANIM", std::string(6, '\0')));
  check_refused({{webp.substr(0, 12), "WebP"},
                 {webp.substr(0, 24), "WebP"},
                 {webp.substr(0, webp.size() - 20), "is a WebP that is cut off"},
                 {as_webp(slope(40, 30), 80).substr(0, 100), "is a WebP that is cut off"},
                 {riff(riff_chunk("VP8 ", "no picture")), "is a damaged WebP"},
                 {wide, "has 16384×16384 pixels, more than 50 million"},
                 {moving, "is an animated WebP"}});
}

TEST_CASE("uncompressed BMPs of every depth are read, from the bottom or from the top", "[picture]") {
  // Two rows of 24 bits, blue first, padded to four bytes; the lower row is stored first.
  const std::string rows = "\0\0\xff\0\xff\0\0\0\xff\0\0\xff\xff\xff\0\0"s;
  CHECK(decode(as_bmp({2, 2, 24}, rows)).grey == Grey{29, 255, 76, 150});
  CHECK(decode(as_bmp({2, -2, 24}, rows)).grey == Grey{76, 150, 29, 255});
  CHECK(decode(as_bmp({2, 2, 24}, rows.substr(0, 14))).grey ==
        Grey{29, 255, 76, 150});  // not padded at the end
  CHECK(decode(as_bmp({2, 2, 24}, rows, std::string(84, 'x'), 124)).grey == Grey{29, 255, 76, 150});
  // Without a mask for opacity, the fourth byte has no meaning.
  const Picture plain = decode(as_bmp({2, 1, 32}, "\0\0\xff\x40\xff\xff\xff\0"s));
  CHECK(plain.grey == Grey{76, 255});
  CHECK(plain.opacity.empty());
  const std::string black_and_white = "\0\0\0\0\xff\xff\xff\0"s;
  CHECK(decode(as_bmp({10, 1, 1}, "\xa0\x40\0\0"s, black_and_white)).grey ==
        Grey{255, 0, 255, 0, 0, 0, 0, 0, 0, 255});
  std::string greys;
  for (int i = 0; i < 256; ++i) greys += std::string(3, static_cast<char>(i)) + '\0';
  CHECK(decode(as_bmp({3, 1, 4}, "\x1f\x70\0\0"s, greys.substr(0, 64))).grey == Grey{1, 15, 7});
  CHECK(decode(as_bmp({3, 1, 8}, "\x01\xff\x80\0"s, greys)).grey == Grey{1, 255, 128});
  // A palette of fewer colours than there may be; what has none is black.
  CHECK(decode(as_bmp({3, 1, 8, 0, 2}, "\0\1\xff\0"s, black_and_white)).grey == Grey{0, 255, 0});
}

TEST_CASE("BMPs with masks are read, with their opacity if they have any", "[picture]") {
  const std::string pixels = "\0\0\xff\x40\xff\xff\xff\xff"s;
  const std::string masks = "\0\0\xff\0\0\xff\0\0\xff\0\0\0"s;
  CHECK(decode(as_bmp({2, 1, 32, 3}, pixels, masks)).opacity.empty());
  const Picture alpha = decode(as_bmp({2, 1, 32, 3}, pixels, masks + "\0\0\0\xff"s, 56));
  CHECK(alpha.grey == Grey{76, 255});
  CHECK(alpha.opacity == Grey{64, 255});
}

TEST_CASE("BMPs that are cut off, too large or of other kinds are refused with the reason", "[picture]") {
  const std::string bmp = as_bmp({2, 2, 24}, std::string(16, 'x'));
  const std::string masks = "\0\0\xff\0\0\xff\0\0\xff\0\0\0"s;
  const std::string swapped = "\xff\0\0\0\0\xff\0\0\0\0\xff\0"s;
  std::string far = bmp;
  far.replace(10, 4, "\xff\xff\xff\xff");
  check_refused(
      {{bmp.substr(0, 2), "is a BMP that is cut off"},
       {bmp.substr(0, 40), "is a BMP that is cut off"},
       {bmp.substr(0, bmp.size() - 3), "is a BMP that is cut off"},
       {far, "is a BMP that is cut off"},
       {as_bmp({2, 1, 8}, "abcd"), "is a BMP that is cut off"},
       {as_bmp({7'000, 7'000, 1}, "abcd"), "is a BMP that is cut off"},
       {as_bmp({0, 2, 24}, ""), "has no pixels"},
       {as_bmp({-2, 2, 24}, std::string(16, 'x')), "its width is negative"},
       {as_bmp({0x7fffffff, 0x7fffffff, 32}, ""), "pixels, more than 50 million"},
       {as_bmp({1, std::int32_t{-0x7fffffff - 1}, 32}, ""), "pixels, more than 50 million"},
       {as_bmp({2, 2, 16}, std::string(8, 'x')), "is a BMP of 16 bits per pixel: save it as"},
       {as_bmp({2, 2, 0}, std::string(8, 'x')), "is a BMP of 0 bits per pixel"},
       {as_bmp({2, 2, 8, 1}, "abcd", std::string(1024, 'x')), "is a BMP that is compressed: save it as"},
       {as_bmp({2, 1, 32, 3}, "abcdefgh", swapped), "is a BMP with unusual masks"},
       {as_bmp({2, 1, 24, 3}, "abcdefgh", masks), "is a BMP that is compressed"},
       {as_bmp({2, 2, 24}, std::string(16, 'x'), "", 12), "is a BMP of OS/2"}});
}

TEST_CASE("JPEGs in CMYK are read", "[picture]") {
  // Stored inverted: no ink, all black, black without colours, and red, which is magenta and yellow.
  const std::string pixels = "\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\0\xff\0\0\xff"s;
  std::string blocks;  // of 8×8 equal pixels, which JPEG hardly changes
  for (int row = 0; row < 8; ++row)
    for (std::size_t block = 0; block < 4; ++block)
      for (int column = 0; column < 8; ++column) blocks += pixels.substr(4 * block, 4);
  const Picture read = decode(as_cmyk_jpeg(32, 8, blocks));
  REQUIRE(read.grey.size() == 256);
  constexpr int kExpected[] = {255, 0, 0, 76};
  for (std::size_t block = 0; block < 4; ++block)
    CHECK(std::abs(int{read.grey[8 * block + 4]} - kExpected[block]) < 4);
}

TEST_CASE("JPEGs with errors that cost no part of the picture are read, and the errors are told",
          "[picture]") {
  const std::string jpeg = as_jpeg(one_page());
  CHECK(decode(jpeg).damage.empty());
  CHECK(digits_from_picture(decode(jpeg)).front().doubt.empty());
  for (const std::string& plain :
       {jpeg, with_orientation(jpeg, 6), as_jpeg(one_page(), TJFLAG_PROGRESSIVE)}) {
    const Picture read = decode(with_extra_bytes(plain));
    CHECK(read.grey == decode(plain).grey);
    CHECK_THAT(read.damage, contains("the JPEG has errors: Corrupt JPEG data: 2 extraneous bytes"));
    CHECK(digits_from_picture(read).front().doubt == read.damage);
  }
}

TEST_CASE("a JPEG with errors and without a digit is refused with its errors", "[picture]") {
  const std::string blank = as_jpeg({.width = 64, .height = 64, .grey = Grey(64 * 64, 240)});
  CHECK_THROWS_WITH(digits_from_picture(decode(with_extra_bytes(blank))),
                    contains("no digit found: the JPEG has errors"));
}

TEST_CASE("a JPEG that is cut off is refused even if it has other errors, and a picture in its EXIF data",
          "[picture]") {
  const std::string jpeg = as_jpeg(slope(40, 30));
  const std::string thumbnail = as_jpeg(slope(16, 12));
  const std::string segment = "Exif\0\0"s + thumbnail;
  const std::string marker =
      "\xff\xe1"s + static_cast<char>((segment.size() + 2) >> 8) + static_cast<char>(segment.size() + 2);
  const std::string odd = with_extra_bytes(jpeg.substr(0, 2) + marker + segment + jpeg.substr(2));
  REQUIRE_FALSE(decode(odd).damage.empty());
  check_refused({{odd.substr(0, odd.size() - 2), "is a JPEG that is cut off"},
                 {odd.substr(0, odd.size() - 40), "is a JPEG that is cut off"}});
}

TEST_CASE("a large JPEG of many scans, which would take minutes, is refused before it is decoded",
          "[picture]") {
  std::string jpeg = as_jpeg(slope(40, 30), TJFLAG_PROGRESSIVE);
  const std::size_t scan = jpeg.rfind("\xff\xda");
  const std::string last = jpeg.substr(scan, jpeg.size() - 2 - scan);
  for (int i = 0; i < 60; ++i) jpeg.insert(scan, last);
  CHECK_NOTHROW(decode(jpeg));  // so many do no harm to a small picture
  const std::size_t frame = jpeg.find("\xff\xc2");
  jpeg.replace(frame + 5, 4, "\x1b\x58\x1b\x58");  // 7,000 × 7,000
  CHECK_THROWS_WITH(decode(jpeg), contains("scans, too many for its size"));
}

TEST_CASE("PNGs with long text and colour profiles are read", "[picture]") {
  const std::string text(3'000'000, 'x');
  std::string many;
  for (int i = 0; i < 3'000; ++i) many += png_chunk("tEXt", "Comment\0short"s);
  for (const std::string& extra :
       {png_chunk("tEXt", "Comment\0"s + text), png_chunk("iTXt", "Comment\0\0\0\0\0"s + text),
        png_chunk("iCCP", "profile\0\0"s + text), png_chunk("zzZz", text), many})
    CHECK(decode(write_png({3, 1, 8, 0}, "\x00\x80\xff"s, extra)).grey == Grey{0, 128, 255});
}
