#include "data/pictures/digit_picture.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "data/dataset.hpp"
#include "data/pictures/strokes.hpp"
#include "engine/core/error.hpp"

namespace lenet::pictures {
namespace {

// Longer side of the picture in which strokes are searched: sharp enough for 20 pixels, and noise is averaged
// out.
constexpr double kWorkSide = 512;
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

/// Returns an area of the picture, scaled down to kWorkSide if it is larger.
GreyImage work_image(std::span<const std::uint8_t> pixels, std::int64_t columns, const Area& area) {
  const double scale = std::min(1.0, kWorkSide / std::max(area.width(), area.height()));
  const auto side = [&](double length) { return std::max<std::int64_t>(1, std::llround(length * scale)); };
  return scaled(pixels, columns, area, side(area.width()), side(area.height()));
}

/// Returns the digit's surroundings in the whole picture. `strokes` were found in a smaller image of it.
Area surroundings(const Strokes& strokes, double columns, double rows) {
  const double x = columns / static_cast<double>(strokes.ink.width);
  const double y = rows / static_cast<double>(strokes.ink.height);
  const double margin = 0.15 * std::max(strokes.box.width(), strokes.box.height()) + 2;
  return {std::max(0.0, std::floor((strokes.box.left - margin) * x)),
          std::max(0.0, std::floor((strokes.box.top - margin) * y)),
          std::min(columns, std::ceil((strokes.box.right + margin) * x)),
          std::min(rows, std::ceil((strokes.box.bottom + margin) * y))};
}

/// Finds the strokes in a small image of the page. On a large page, finds them again in an enlarged part.
std::optional<Strokes> strokes_on(const std::vector<std::uint8_t>& pixels, std::int64_t columns) {
  const Area page{0, 0, static_cast<double>(columns), static_cast<double>(std::ssize(pixels) / columns)};
  const auto found = find_strokes(work_image(pixels, columns, page));
  if (!found || std::max(page.width(), page.height()) <= kWorkSide) return found;
  const auto closely =
      find_strokes(work_image(pixels, columns, surroundings(*found, page.width(), page.height())));
  return closely ? closely : found;
}

Strokes with_visible_pen(const Strokes& strokes) {
  const double scale = kDigitSide / std::max(strokes.box.width(), strokes.box.height());
  const double width = pen_width(strokes);
  if (width * scale >= kThinnestPen) return strokes;
  return thickened(strokes, (kUsualPen / scale - width) / 2);
}

GreyImage fitted(const Strokes& strokes) {
  const double scale = kDigitSide / std::max(strokes.box.width(), strokes.box.height());
  const auto side = [&](double length) {
    return std::clamp<std::int64_t>(std::llround(length * scale), 1, static_cast<std::int64_t>(kDigitSide));
  };
  return scaled(strokes.ink, strokes.box, side(strokes.box.width()), side(strokes.box.height()));
}

/// Returns the first column or row of the digit in the 28×28 pixels for which its centre of mass is in the
/// middle.
std::int64_t offset_of(const GreyImage& digit, bool along_x) {
  double mass = 0;
  double moment = 0;
  for (std::int64_t y = 0; y < digit.height; ++y)
    for (std::int64_t x = 0; x < digit.width; ++x) {
      mass += digit.at(x, y);
      moment += digit.at(x, y) * (static_cast<double>(along_x ? x : y) + 0.5);
    }
  const std::int64_t side = along_x ? digit.width : digit.height;
  return std::clamp<std::int64_t>(std::llround(kMiddle - moment / mass), 0, data::kImageColumns - side);
}

}  // namespace

std::vector<std::uint8_t> digit_from_picture(const Picture& picture) {
  auto strokes = strokes_on(on_paper(picture, 255), picture.width);
  // White ink on a transparent background is visible only on black paper.
  if (!strokes && !picture.opacity.empty()) strokes = strokes_on(on_paper(picture, 0), picture.width);
  if (!strokes) throw DataError("no digit found: nothing stands out from its background");
  const GreyImage digit = fitted(with_visible_pen(*strokes));
  const std::int64_t left = offset_of(digit, true);
  const std::int64_t top = offset_of(digit, false);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(data::kImagePixels));
  for (std::int64_t y = 0; y < digit.height; ++y)
    for (std::int64_t x = 0; x < digit.width; ++x)
      pixels[static_cast<std::size_t>((top + y) * data::kImageColumns + left + x)] =
          static_cast<std::uint8_t>(std::lround(255 * std::clamp(digit.at(x, y), 0.0f, 1.0f)));
  return pixels;
}

}  // namespace lenet::pictures
