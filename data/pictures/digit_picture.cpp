#include "data/pictures/digit_picture.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "data/dataset.hpp"
#include "data/pictures/narrow_crop.hpp"
#include "data/pictures/strokes.hpp"
#include "engine/core/error.hpp"

namespace lenet::pictures {
namespace {

// Bounds of the longer side of the picture in which strokes are searched: large enough to find a small digit
// on a large page, and small enough that noise is averaged out. Smaller pictures are enlarged.
constexpr double kLongestSide = 640;
constexpr std::int64_t kShortestSide = 224;
// Digits that are smaller than this in it are searched again in the part of the picture that they are in.
constexpr double kSharpSide = 80;
constexpr double kDigitSide = 20;
// Centre of mass of MNIST's digits, measured: the middle of pixel 14, counted from 0.
constexpr double kMiddle = 14.5;
// MNIST's pens are 2.4 pixels wide as pen_width() measures them; 1 % of the digits are below 1.3.
constexpr double kThinnestPen = 1.2;
constexpr double kUsualPen = 2.0;

std::vector<std::uint8_t> on_paper(const Picture& picture, unsigned paper) {
  if (picture.opacity.empty()) return picture.grey;
  std::vector<std::uint8_t> flat(picture.grey.size());
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const unsigned opacity = picture.opacity[i];
    flat[i] = static_cast<std::uint8_t>((picture.grey[i] * opacity + paper * (255 - opacity) + 127) / 255);
  }
  return flat;
}

/// Returns an area in the size for the search: small ones enlarged by a whole number, without new values.
GreyImage work_image(std::span<const std::uint8_t> pixels, std::int64_t columns, const Area& area) {
  const double longer = std::max(area.width(), area.height());
  const double scale = longer < static_cast<double>(kShortestSide)
                           ? std::floor(static_cast<double>(kShortestSide) / longer)
                           : std::min(1.0, kLongestSide / longer);
  const auto side = [&](double length) { return std::max<std::int64_t>(1, std::llround(length * scale)); };
  return scaled(pixels, columns, area, side(area.width()), side(area.height()));
}

/// Digits in the picture that was searched, and where that is in the picture as it was decoded.
struct Search {
  std::vector<Strokes> digits;
  Area area;  ///< what was searched
  double x_scale = 1;
  double y_scale = 1;
  double margin = 0;  ///< columns that were added on the left

  Area place_of(const Strokes& digit) const {
    return {area.left + std::max(0.0, std::floor((digit.place.left - margin) * x_scale)),
            area.top + std::floor(digit.place.top * y_scale),
            std::min(area.right, area.left + std::ceil((digit.place.right - margin) * x_scale)),
            std::min(area.bottom, area.top + std::ceil(digit.place.bottom * y_scale))};
  }
  double tallest() const {
    double tallest = 0;
    for (const Strokes& digit : digits) tallest = std::max(tallest, digit.place.height());
    return tallest;
  }
};

Search search_area(const std::vector<std::uint8_t>& pixels, std::int64_t columns, const Area& area) {
  const GreyImage image = work_image(pixels, columns, area);
  const NarrowCrop crop = with_ground_beside(image);
  return {.digits = find_digits(crop.picture),
          .area = area,
          .x_scale = area.width() / static_cast<double>(image.width),
          .y_scale = area.height() / static_cast<double>(image.height),
          .margin = static_cast<double>(crop.margin)};
}

/// Returns the surroundings of what was found, in whole pixels.
Area surroundings(const Search& search, const Area& page) {
  const Area all = search.place_of(joined(search.digits));
  const double margin = std::ceil(0.6 * search.tallest() * search.y_scale);
  return {std::max(page.left, all.left - margin), std::max(page.top, all.top - margin),
          std::min(page.right, all.right + margin), std::min(page.bottom, all.bottom + margin)};
}

Search search_on(const std::vector<std::uint8_t>& pixels, std::int64_t columns) {
  const Area page{0, 0, static_cast<double>(columns), static_cast<double>(std::ssize(pixels) / columns)};
  Search search = search_area(pixels, columns, page);
  if (search.digits.empty() || search.y_scale <= 1 || search.tallest() >= kSharpSide) return search;
  Search closely = search_area(pixels, columns, surroundings(search, page));
  return closely.digits.size() == search.digits.size() ? closely : search;
}

/// Throws a DataError if nothing is found.
Search search_in(const Picture& picture) {
  Search search = search_on(on_paper(picture, 255), picture.width);
  // White ink on a transparent background is visible only on black paper.
  if (search.digits.empty() && !picture.opacity.empty())
    search = search_on(on_paper(picture, 0), picture.width);
  if (search.digits.empty())
    throw DataError(fmt::format("no digit found: {}", picture.damage.empty()
                                                          ? "nothing stands out from its background"
                                                          : picture.damage));
  return search;
}

/// Scales strokes so that their longer side is 20 pixels.
GreyImage fitted(const Strokes& strokes) {
  GreyImage ink = strokes.ink;
  Area box{0, 0, static_cast<double>(ink.width), static_cast<double>(ink.height)};
  double scale = kDigitSide / std::max(box.width(), box.height());
  if (strokes.pen * scale < kThinnestPen) {
    const double margin = (kUsualPen / scale - strokes.pen) / 2;
    ink = thickened(ink, margin);
    const double edge = static_cast<double>(thickened_room(margin)) - margin;
    box = {edge, edge, static_cast<double>(ink.width) - edge, static_cast<double>(ink.height) - edge};
    scale = kDigitSide / std::max(box.width(), box.height());
  }
  const auto side = [&](double length) {
    return std::clamp<std::int64_t>(std::llround(length * scale), 1, static_cast<std::int64_t>(kDigitSide));
  };
  return scaled(ink, box, side(box.width()), side(box.height()));
}

/// Returns the first column or row of the digit in the 28×28 pixels for which its centre of mass is in the
/// middle.
std::int64_t offset_of(const GreyImage& digit, bool along_x) {
  double mass = 0;
  double moment = 0;
  for (std::int64_t y = 0; y < digit.height; ++y)
    for (std::int64_t x = 0; x < digit.width; ++x) {
      const auto ink = static_cast<double>(digit.at(x, y));
      mass += ink;
      moment += ink * (static_cast<double>(along_x ? x : y) + 0.5);
    }
  const std::int64_t side = along_x ? digit.width : digit.height;
  return std::clamp<std::int64_t>(std::llround(kMiddle - moment / mass), 0, data::kImageColumns - side);
}

std::vector<std::uint8_t> like_mnist(const Strokes& strokes) {
  const GreyImage digit = fitted(strokes);
  const std::int64_t left = offset_of(digit, true);
  const std::int64_t top = offset_of(digit, false);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(data::kImagePixels));
  for (std::int64_t y = 0; y < digit.height; ++y)
    for (std::int64_t x = 0; x < digit.width; ++x)
      pixels[static_cast<std::size_t>((top + y) * data::kImageColumns + left + x)] =
          static_cast<std::uint8_t>(std::lround(255 * std::clamp(digit.at(x, y), 0.0f, 1.0f)));
  return pixels;
}

}  // namespace

std::vector<PictureDigit> digits_from_picture(const Picture& picture) {
  const Search search = search_in(picture);
  if (search.digits.size() > kMaxDigits)
    throw DataError(
        fmt::format("has {} separate marks, more than {} digits: crop it", search.digits.size(), kMaxDigits));
  std::vector<PictureDigit> digits;
  for (const Strokes& digit : search.digits)
    digits.push_back(
        {like_mnist(digit), search.place_of(digit), picture.damage.empty() ? digit.doubt : picture.damage});
  return digits;
}

std::vector<std::uint8_t> digit_from_picture(const Picture& picture) {
  return like_mnist(joined(search_in(picture).digits));
}

}  // namespace lenet::pictures
