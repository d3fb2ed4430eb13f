#include "data/pictures/digit_picture.hpp"

#include <algorithm>
#include <numeric>

#include "data/mnist.hpp"
#include "data/pictures/pieces.hpp"
#include "data/synthetic_digits.hpp"
#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pages.hpp"

using namespace lenet;
using namespace lenet::pictures;

namespace {

using Digit = std::vector<std::uint8_t>;

constexpr std::int64_t kDigits = 12;

/// Synthetic digits in the form of MNIST's: scaled and centred.
std::vector<Digit> mnist_like_digits() {
  const data::Samples drawn = data::synthetic_digits(kDigits, 3);
  std::vector<Digit> digits;
  for (std::int64_t i = 0; i < kDigits; ++i) {
    const auto pixels =
        std::span(drawn.pixels).subspan(static_cast<std::size_t>(i * data::kImagePixels), data::kImagePixels);
    digits.push_back(digit_from_picture({.width = 28, .height = 28, .grey = {pixels.begin(), pixels.end()}}));
  }
  return digits;
}

/// Returns the mean difference between the digits that were put on a page and those that were read from it.
template <class Draw>
double mean_distance(const Draw& draw) {
  double sum = 0;
  for (const Digit& digit : mnist_like_digits()) sum += distance(digit_from_picture(draw(digit)), digit);
  return sum / static_cast<double>(kDigits);
}

double distance_on(const Page& page) {
  return mean_distance([&](const Digit& digit) { return draw_page(page, digit); });
}

/// Returns the mean difference between two unrelated digits, with which the distances above are compared.
double distance_of_strangers() {
  const auto digits = mnist_like_digits();
  double sum = 0;
  for (std::size_t i = 1; i < digits.size(); ++i) sum += distance(digits[i - 1], digits[i]);
  return sum / static_cast<double>(digits.size() - 1);
}

Picture plain_page(std::int64_t width, std::int64_t height, std::uint8_t grey) {
  return {.width = width,
          .height = height,
          .grey = std::vector<std::uint8_t>(static_cast<std::size_t>(width * height), grey)};
}

void fill(Picture& picture, std::int64_t left, std::int64_t top, std::int64_t width, std::int64_t height,
          std::uint8_t grey) {
  for (std::int64_t y = top; y < top + height; ++y)
    for (std::int64_t x = left; x < left + width; ++x)
      picture.grey[static_cast<std::size_t>(y * picture.width + x)] = grey;
}

/// A stroke that leans to the right, 100 pixels high and, with its lean, `width` wide, in a picture with so
/// much paper on each side of it.
Picture leaning_stroke(std::int64_t width, std::int64_t pen, std::int64_t margin, bool dark) {
  constexpr std::int64_t kHeight = 100;
  Picture picture = plain_page(width + 2 * margin, kHeight + 2 * margin, dark ? 230 : 20);
  for (std::int64_t y = 0; y < kHeight; ++y)
    fill(picture, margin + (width - pen) * (kHeight - 1 - y) / (kHeight - 1), margin + y, pen, 1,
         dark ? 30 : 240);
  return picture;
}

}  // namespace

// Limits in grey levels: 1.5 times the measured distances (4.5 to 4.7; 10.8 and 5.6 for grain and shade). A
// soft edge is cut off where it fades into paper, so that the box of 20 pixels, and all pixels with it, moves
// by part of a pixel; grain hides more of the edge. The distance of two unrelated digits is above 30.
constexpr double kNear = 7;
constexpr double kNearInGrain = 16;
constexpr double kNearInShade = 9;

TEST_CASE("a digit comes back from any page, dark on light or light on dark", "[digit_picture]") {
  CHECK(distance_of_strangers() > 30);
  CHECK(distance_on({}) < kNear);
  CHECK(distance_on({.paper = 0, .ink = 255}) < kNear);
  CHECK(distance_on({.paper = 210, .ink = 90}) < kNear);
  CHECK(distance_on({.width = 28, .height = 28, .left = 0, .top = 0, .scale = 1}) < kNear);
  CHECK(distance_on({.width = 50, .height = 90, .left = 9, .top = 47, .scale = 1}) < kNear);
  CHECK(distance_on({.width = 3000, .height = 2000, .left = 2300, .top = 100, .scale = 4}) < kNear);
  CHECK(distance_on({.width = 1500, .height = 1500, .left = 40, .top = 40, .scale = 50}) < kNear);
}

TEST_CASE("a digit comes back from grainy paper and out of half shade", "[digit_picture]") {
  CHECK(distance_on({.paper = 220, .ink = 50, .noise = 6}) < kNearInGrain);
  CHECK(distance_on({.paper = 230, .ink = 40, .noise = 4, .shade = 0.5}) < kNearInShade);
  CHECK(distance_on({.paper = 60, .ink = 230, .noise = 4, .shade = 0.3}) < kNearInShade);
}

TEST_CASE("a 1 that was cropped to its edges is the 1 with paper around it", "[digit_picture]") {
  for (const bool dark : {true, false})
    for (const std::int64_t width : {30, 40, 55})
      for (const std::int64_t pen : {8, 14, 20}) {
        INFO((dark ? "dark, " : "light, ") << width << " wide, pen of " << pen);
        const Digit whole = digit_from_picture(leaning_stroke(width, pen, 60, dark));
        CHECK(distance(digit_from_picture(leaning_stroke(width, pen, 0, dark)), whole) < kNear);
      }
}

TEST_CASE("transparent pixels are paper, whether the ink is black or white", "[digit_picture]") {
  for (const std::uint8_t ink : {std::uint8_t{0}, std::uint8_t{255}})
    CHECK(mean_distance([&](const Digit& digit) {
            Picture picture = plain_page(400, 400, ink);
            const Page page{.width = 400, .height = 400, .left = 50, .top = 60};
            for (std::int64_t y = 0; y < 400; ++y)
              for (std::int64_t x = 0; x < 400; ++x)
                picture.opacity.push_back(static_cast<std::uint8_t>(255 * ink_at(page, digit, x, y)));
            return picture;
          }) < kNear);
}

TEST_CASE("specks, and shadows at the border, are no part of the digit", "[digit_picture]") {
  CHECK(mean_distance([](const Digit& digit) {
          Picture picture = draw_page({}, digit);
          fill(picture, 30, 30, 6, 6, 0);
          fill(picture, 600, 300, 5, 9, 40);
          fill(picture, 0, 420, 200, 80, 30);
          fill(picture, 680, 0, 20, 500, 60);
          return picture;
        }) < kNear);
}

TEST_CASE("a frame that is drawn around the digit is no part of it", "[digit_picture]") {
  for (const std::int64_t scale : {1, 3})
    for (const std::int64_t pen : {3, 8})
      CHECK(mean_distance([&](const Digit& digit) {
              Picture picture = draw_page({.width = 400 * scale,
                                           .height = 420 * scale,
                                           .left = 60 * scale,
                                           .top = 70 * scale,
                                           .scale = 10 * scale},
                                          digit);
              const auto line = [&](std::int64_t left, std::int64_t top, std::int64_t width,
                                    std::int64_t height) {
                fill(picture, left * scale, top * scale, width * scale, height * scale, 0);
              };
              line(40, 50, 320, pen);
              line(40, 370, 320, pen);
              line(40, 50, pen, 320);
              line(360 - pen, 50, pen, 320);
              return picture;
            }) < kNear);
}

TEST_CASE("a box that is the digit stays: one with a dot in it, and strokes that only meet",
          "[digit_picture]") {
  Picture zero = plain_page(300, 300, 255);
  fill(zero, 90, 50, 120, 200, 0);
  fill(zero, 100, 60, 100, 180, 255);
  const Digit plain = digit_from_picture(zero);
  fill(zero, 138, 138, 24, 24, 0);
  CHECK(distance(digit_from_picture(zero), plain) < 12);
  Picture four = plain_page(300, 300, 255);
  fill(four, 80, 50, 12, 130, 0);
  fill(four, 80, 168, 130, 12, 0);
  const auto ink = [](const Digit& digit) { return std::accumulate(digit.begin(), digit.end(), 0); };
  const int angle = ink(digit_from_picture(four));
  fill(four, 140, 60, 12, 95, 0);
  CHECK(ink(digit_from_picture(four)) > angle);
}

TEST_CASE("the faint lines of ruled paper are no part of the digit that they cross", "[digit_picture]") {
  CHECK(mean_distance([](const Digit& digit) {
          Picture picture = draw_page({}, digit);
          for (std::int64_t y = 10; y < picture.height; y += 60)
            for (std::int64_t x = 0; x < picture.width; ++x) {
              std::uint8_t& grey = picture.grey[static_cast<std::size_t>(y * picture.width + x)];
              grey = std::min<std::uint8_t>(grey, 205);
            }
          return picture;
        }) < kNearInShade);
}

TEST_CASE("a digit has its aspect ratio kept, 20 pixels for its longer side, and its mass in the middle",
          "[digit_picture]") {
  Picture bar = plain_page(300, 200, 255);
  fill(bar, 60, 40, 30, 120, 0);  // 5 × 20 of 28 × 28, symmetric
  const Digit digit = digit_from_picture(bar);
  // The middle of pixel 14 cannot be the middle of 20 pixels; 4 to 23 and 5 to 24 are equally near.
  std::int64_t columns = 0;
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < 28; ++i) {
    columns += digit[14 * 28 + i] > 128;
    rows += digit[i * 28 + 14] > 128;
  }
  CHECK(columns == 5);
  CHECK(rows == 20);
  double mass = 0;
  double x = 0;
  double y = 0;
  for (std::size_t i = 0; i < digit.size(); ++i) {
    mass += digit[i];
    x += digit[i] * static_cast<double>(i % 28);
    y += digit[i] * static_cast<double>(i / 28);
  }
  CHECK(std::abs(x / mass - 14) <= 0.51);
  CHECK(std::abs(y / mass - 14) <= 0.51);
}

TEST_CASE("strokes of a thin pen are widened until they can be seen", "[digit_picture]") {
  Picture seven = plain_page(600, 600, 250);
  fill(seven, 200, 100, 200, 2, 10);
  for (std::int64_t y = 100; y < 500; ++y) fill(seven, 400 - (y - 100) / 4, y, 2, 1, 10);
  const Digit digit = digit_from_picture(seven);
  GreyImage ink{28, 28, {}};
  for (const std::uint8_t pixel : digit) ink.values.push_back(static_cast<float>(pixel) / 255.0f);
  CHECK(pen_width(ink) > 1.2);
  CHECK(pen_width(ink) < 3);
  CHECK(std::ranges::count_if(digit, [](std::uint8_t pixel) { return pixel > 200; }) >= 20);
}

TEST_CASE("a picture without a digit gives an error that says so", "[digit_picture]") {
  std::vector<Picture> blank = {plain_page(1, 1, 0), plain_page(1, 1000, 9), plain_page(2, 2, 255),
                                plain_page(28, 28, 0), plain_page(700, 700, 255)};
  blank.push_back(draw_page({.paper = 200, .noise = 8}, Digit(784)));
  blank.push_back(draw_page({.paper = 220, .noise = 2, .shade = 0.6}, Digit(784)));
  blank.push_back(plain_page(20, 20, 0));
  blank.back().opacity.assign(400, 0);
  for (const Picture& picture : blank) {
    INFO(picture.width << "×" << picture.height);
    CHECK_THROWS_AS(digit_from_picture(picture), DataError);
    CHECK_THROWS_WITH(digit_from_picture(picture), contains("no digit found"));
  }
}

TEST_CASE("pictures of odd shapes give a digit or an error", "[digit_picture]") {
  RandomSequence random(11, RandomStream::synthetic_digits, 0);
  for (const std::int64_t width : {1, 2, 3, 17, 1000})
    for (const std::int64_t height : {1, 2, 5, 900}) {
      Picture picture = plain_page(width, height, 0);
      for (std::uint8_t& grey : picture.grey) grey = random.below(8) == 0 ? 255 : 0;
      try {
        const Digit digit = digit_from_picture(picture);
        CHECK(digit.size() == 784);
        CHECK(std::accumulate(digit.begin(), digit.end(), 0) > 0);
      } catch (const DataError&) {
      }
    }
}

TEST_CASE("a picture of thousands of marks is looked at only in part", "[digit_picture]") {
  GreyImage dots{600, 600, std::vector<float>(600 * 600)};
  for (std::int64_t y = 1; y < 600; y += 3)
    for (std::int64_t x = 1; x < 600; x += 3) dots.values[dots.index(x, y)] = 255;
  for (std::int64_t y = 100; y < 200; ++y) dots.values[dots.index(302, y)] = 255;
  const InkDepth ink = measured(dots, {});
  REQUIRE(ink.has_ink());
  const std::vector<Piece> pieces = find_pieces(ink, {});
  CHECK(pieces.size() == kMostPieces);
  CHECK(std::ranges::any_of(pieces, [](const Piece& piece) { return piece.box.height() == 100; }));
  Picture picture = plain_page(600, 600, 255);
  for (std::size_t i = 0; i < dots.values.size(); ++i)
    picture.grey[i] = static_cast<std::uint8_t>(255 - dots.values[i]);
  CHECK_NOTHROW(digit_from_picture(picture));
}

TEST_CASE("the largest pictures, of any shape, give a digit or an error", "[digit_picture]") {
  for (const std::int64_t width : {std::int64_t{1}, std::int64_t{7'000}, kMaxPixels}) {
    Picture picture = plain_page(width, kMaxPixels / width, 255);
    for (std::size_t i = 0; i < picture.grey.size(); i += 5) picture.grey[i] = 0;
    try {
      const Digit digit = digit_from_picture(picture);
      CHECK(digit.size() == 784);
    } catch (const DataError&) {
    }
  }
}

TEST_CASE("MNIST's own digits are returned unchanged", "[digit_picture][mnist][long]") {
  data::Dataset dataset;
  try {
    dataset = data::load_mnist(std::nullopt, 0);
  } catch (const DataError&) {
    LENET_SKIP("no MNIST on this machine");
  }
  constexpr std::size_t kCount = 100;
  double sum = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const auto digit = dataset.test_split().pixels.subspan(i * data::kImagePixels, data::kImagePixels);
    sum += distance(digit_from_picture(draw_page({}, digit)), digit);
  }
  // Measured: 1.3. Most digits are equal to the bit; some move by a pixel because their centre of mass is
  // between two.
  CHECK(sum / kCount < 2);
}
