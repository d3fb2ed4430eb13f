#include "data/pictures/picture.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/idx.hpp"
#include "engine/core/error.hpp"
#include "tests/data/pictures/encoded_pictures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pages.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::pictures;
using namespace std::string_literals;

namespace {

using Grey = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("PNGs of every colour type and depth are read", "[picture]") {
  CHECK(decode(write_png({3, 1, 8, 0}, "\x00\x80\xff"s)).grey == Grey{0, 128, 255});
  CHECK(decode(write_png({3, 1, 16, 0}, "\x00\x00\x80\x01\xff\xff"s)).grey == Grey{0, 128, 255});
  CHECK(decode(write_png({3, 1, 1, 0}, "\xa0"s)).grey == Grey{255, 0, 255});
  CHECK(decode(write_png({3, 1, 2, 0}, "\x1c"s)).grey == Grey{0, 85, 255});
  // Luma of red, green, blue and white by Rec. 601.
  const std::string colors = "\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff"s;
  CHECK(decode(write_png({4, 1, 8, 2}, colors)).grey == Grey{76, 150, 29, 255});
  CHECK(decode(write_png({4, 1, 8, 3}, "\0\1\2\3"s, png_chunk("PLTE", colors))).grey ==
        Grey{76, 150, 29, 255});
  CHECK(decode(write_png({1, 2, 8, 6}, "\xff\xff\xff\x40\0\0\0\xff"s)).grey == Grey{255, 0});
}

TEST_CASE("a PNG's transparency is kept, unless all is opaque", "[picture]") {
  const Picture alpha = decode(write_png({2, 1, 8, 4}, "\x10\x40\x20\xff"s));
  CHECK(alpha.grey == Grey{16, 32});
  CHECK(alpha.opacity == Grey{64, 255});
  CHECK(decode(write_png({2, 1, 8, 4}, "\x10\xff\x20\xff"s)).opacity.empty());
  const Picture keyed = decode(write_png({2, 1, 8, 0}, "\x10\x20"s, png_chunk("tRNS", "\0\x20"s)));
  CHECK(keyed.opacity == Grey{255, 0});
  const std::string palette = png_chunk("PLTE", "\0\0\0\xff\xff\xff"s) + png_chunk("tRNS", "\x80"s);
  CHECK(decode(write_png({2, 1, 8, 3}, "\0\1"s, palette)).opacity == Grey{128, 255});
}

TEST_CASE("JPEGs are read, sequential and progressive", "[picture]") {
  const Picture original = slope(61, 40);
  for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
    const Picture read = decode(as_jpeg(original, flags));
    REQUIRE(read.width == 61);
    REQUIRE(read.height == 40);
    CHECK(read.opacity.empty());
    CHECK(distance(read.grey, original.grey) < 1.5);  // error of a smooth picture at quality 95
  }
}

TEST_CASE("JPEGs are rotated by their EXIF orientation", "[picture]") {
  const Picture stored = slope(48, 32);
  const auto at = [](const Picture& picture, std::int64_t x, std::int64_t y) {
    return int{picture.grey[static_cast<std::size_t>(y * picture.width + x)]};
  };
  // Places at which the stored corners top left, top right and bottom left (dark, brighter, brightest) must
  // be visible, by the "0th row" and "0th column" of the EXIF standard.
  struct Case {
    char orientation;
    bool swapped;
    int origin[2], right[2], below[2];  // 0 or 1: left or right, top or bottom
  };
  const std::vector<Case> cases = {{1, false, {0, 0}, {1, 0}, {0, 1}}, {2, false, {1, 0}, {0, 0}, {1, 1}},
                                   {3, false, {1, 1}, {0, 1}, {1, 0}}, {4, false, {0, 1}, {1, 1}, {0, 0}},
                                   {5, true, {0, 0}, {0, 1}, {1, 0}},  {6, true, {1, 0}, {1, 1}, {0, 0}},
                                   {7, true, {1, 1}, {1, 0}, {0, 1}},  {8, true, {0, 1}, {0, 0}, {1, 1}},
                                   {9, false, {0, 0}, {1, 0}, {0, 1}}};
  for (const Case& turned : cases) {
    INFO("orientation " << int{turned.orientation});
    const Picture read = decode(with_orientation(as_jpeg(stored), turned.orientation));
    CHECK(read.width == (turned.swapped ? 32 : 48));
    CHECK(read.height == (turned.swapped ? 48 : 32));
    const auto corner = [&](const int(&place)[2]) {
      return at(read, place[0] ? read.width - 1 : 0, place[1] ? read.height - 1 : 0);
    };
    CHECK(std::abs(corner(turned.origin) - at(stored, 0, 0)) < 8);
    CHECK(std::abs(corner(turned.right) - at(stored, 47, 0)) < 8);
    CHECK(std::abs(corner(turned.below) - at(stored, 0, 31)) < 8);
  }
}

TEST_CASE("PNGs are rotated by their EXIF orientation, whether it is before or after the picture",
          "[picture]") {
  // A TIFF header, one entry: tag 0x0112, a short, once, 6 (the stored top is at the right); no further ones.
  const std::string exif = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"s;
  const std::string chunk = png_chunk("eXIf", exif), end = png_chunk("IEND", "");
  const std::string samples = "\x01\x80\x02\x81\x03\x82\x04\x83\x05\x84\x06\x85"s;  // grey and alpha
  const std::string before = write_png({3, 2, 8, 4}, samples, chunk);
  std::string behind = write_png({3, 2, 8, 4}, samples);
  behind.insert(behind.size() - end.size(), chunk);
  for (const std::string& png : {before, behind}) {
    const Picture read = decode(png);
    CHECK(read.width == 2);
    CHECK(read.height == 3);
    CHECK(read.grey == Grey{4, 1, 5, 2, 6, 3});
    CHECK(read.opacity == Grey{0x83, 0x80, 0x84, 0x81, 0x85, 0x82});
  }
  CHECK(decode(write_png({3, 2, 8, 4}, samples, png_chunk("eXIf", "II*"))).width == 3);
}

TEST_CASE("PGMs are read, plain and raw, of 8 and 16 bits", "[picture]") {
  CHECK(decode("P5 3 1 255\n\x00\x80\xff"s).grey == Grey{0, 128, 255});
  CHECK(decode("P5\n# a comment\n3 # another\n1\n255\n\x00\x80\xff"s).grey == Grey{0, 128, 255});
  CHECK(decode("P5 3 1 100 \x00\x32\x64"s).grey == Grey{0, 128, 255});
  CHECK(decode("P5 2 1 65535\n\x80\x00\xff\xff"s).grey == Grey{128, 255});
  CHECK(decode("P2 3 1 255 0 128 255"s).grey == Grey{0, 128, 255});
  CHECK(decode("P2\n2 2 # four\n1000\n0 500\n1000 250\n"s).grey == Grey{0, 128, 255, 64});
  CHECK(decode(as_pgm(slope(30, 20))).grey == slope(30, 20).grey);
}

TEST_CASE("pictures are read from files, and errors name them", "[picture]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "a.pgm", std::ios::binary) << as_pgm(slope(30, 20));
  CHECK(read_picture(folder / "a.pgm").width == 30);
  std::ofstream(folder / "b.png") << "no picture";
  CHECK_THROWS_WITH(read_picture(folder / "b.png"),
                    contains("b.png: is no PNG, JPEG, WebP, BMP or PGM file"));
  CHECK_THROWS_WITH(read_picture(folder / "missing.png"), contains("missing.png: "));
  CHECK_THROWS_WITH(read_picture(folder.path()), contains("is a folder"));
  CHECK_THROWS_WITH(read_picture("/dev/zero"), contains("/dev/zero: is not a regular file"));
  std::ofstream(folder / "huge.png").close();
  std::filesystem::resize_file(folder / "huge.png", kMaxPictureBytes + 1);
  CHECK_THROWS_WITH(read_picture(folder / "huge.png"), contains("huge.png: is larger than 64.0 MiB"));

  const std::vector<std::uint8_t> idx = data::idx_image_file(Grey(784, 7));
  std::ofstream(folder / "digits", std::ios::binary) << text_of(idx);
  CHECK(is_idx(folder / "digits"));
  CHECK_FALSE(is_idx(folder / "a.pgm"));
  CHECK_FALSE(is_idx(folder / "b.png"));
}

TEST_CASE("files that are no picture, damaged, cut off or too large are refused with the reason",
          "[picture]") {
  const std::string png = as_png(slope(40, 30));
  const std::string jpeg = as_jpeg(slope(40, 30));
  std::string bad_sum = png;
  bad_sum[bad_sum.size() - 20] = static_cast<char>(bad_sum[bad_sum.size() - 20] ^ 1);
  std::string wide_jpeg = jpeg;
  const std::size_t frame = wide_jpeg.find("\xff\xc0");
  wide_jpeg.replace(frame + 5, 4, "\xff\x01\xff\x01");  // 65,281 × 65,281

  struct Case {
    std::string bytes;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"", "is empty"},
      {"P", "is no PNG, JPEG, WebP, BMP or PGM file"},
      {"hello, world", "is no PNG, JPEG, WebP, BMP or PGM file"},
      {"GIF89a...", "is a GIF, expected PNG, JPEG, WebP, BMP or PGM: save it as one"},
      {"\0\0\0\x18"
       "ftypheic"s,
       "is a HEIC or AVIF, expected PNG"},
      {"P6 1 1 255 abc", "is a PPM, expected PNG"},
      {png.substr(0, 8), "PNG"},
      {png.substr(0, 40), "is a PNG that is cut off"},
      {png.substr(0, png.size() - 40), "is a PNG that is cut off"},
      {bad_sum, "is a damaged PNG: "},
      {write_png({0, 1, 8, 0}, ""), "PNG"},
      {write_png({100'000, 1'000, 8, 0}, ""), "has 100000×1000 pixels, more than 50 million"},
      {write_png({0x7fffffff, 0x7fffffff, 8, 0}, ""), "pixels, more than 50 million"},
      {write_png({5'000, 9'000, 8, 0}, "some"), "is a PNG that is cut off"},
      {jpeg.substr(0, 3), "is a JPEG that is cut off"},
      {jpeg.substr(0, jpeg.size() / 2), "JPEG"},
      {jpeg.substr(0, jpeg.size() - 2), "is a JPEG that is cut off"},
      {wide_jpeg, "has 65281×65281 pixels, more than 50 million"},
      {"P5", "is a PGM that is cut off"},
      {"P5 2 2 255\nabc", "is a PGM that is cut off"},
      {"P5 2 2 65535\nabcdefg", "is a PGM that is cut off"},
      {"P5 x", "expected the width at byte 3"},
      {"P5 -5 2 255 ", "expected the width"},
      {"P5 0 7 255 ", "has no pixels"},
      {"P5 40000 40000 255 ", "pixels, more than 50 million"},
      {"P5 99999999999999999999 1 255 ", "the width is more than"},
      {"P5 7000 7000 255 ", "is a PGM that is cut off"},
      {"P5 2 2 0 abcd", "the largest value is 0"},
      {"P5 2 2 65536 abcd", "the largest value is more than 65535"},
      {"P5 2 2 255#abcd", "no white space before its values"},
      {"P2 2 2 255 1 2 3", "is a PGM that is cut off"},
      {"P5 2 1 100 \x64\x65", "the value 101 is more than its largest, 100"},
      {"P2 2 2 255 1 2 3 256", "the value is more than 255"},
      {"P2 2 2 255 1 2 3 x", "expected the value"},
  };
  for (const Case& bad : cases) {
    INFO(bad.message);
    CHECK_THROWS_AS(decode(bad.bytes), DataError);
    CHECK_THROWS_WITH(decode(bad.bytes), contains(bad.message));
  }
}
