#include "tests/data/pictures/made_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/core/random.hpp"

namespace lenet {
namespace {

struct Point {
  double x = 0;
  double y = 0;
};

Point turned(Point point, double angle) {
  return {point.x * std::cos(angle) - point.y * std::sin(angle),
          point.x * std::sin(angle) + point.y * std::cos(angle)};
}

constexpr double kDegree = std::numbers::pi / 180;

/// Returns 0 below `edge`, 1 above it, and what is between over `softness`.
double step(double value, double edge, double softness) {
  return std::clamp((value - edge) / softness + 0.5, 0.0, 1.0);
}

/// A digit that a pen drew, of any size: its 28×28 pixels interpolated, with sharp edges again.
struct PenDigit {
  std::span<const std::uint8_t> pixels;
  Point middle;
  double side = 0;  ///< of the 28×28 pixels, in the picture
  double angle = 0;

  double pixel(std::int64_t column, std::int64_t row) const {
    if (column < 0 || row < 0 || column >= 28 || row >= 28) return 0;
    return pixels[static_cast<std::size_t>(row * 28 + column)] / 255.0;
  }
  double ink_at(Point point) const {
    const Point at = turned({point.x - middle.x, point.y - middle.y}, -angle);
    const double x = at.x * 28 / side + 13.5;
    const double y = at.y * 28 / side + 13.5;
    const auto column = static_cast<std::int64_t>(std::floor(x));
    const auto row = static_cast<std::int64_t>(std::floor(y));
    const double across = x - std::floor(x);
    const double down = y - std::floor(y);
    const double value = (pixel(column, row) * (1 - across) + pixel(column + 1, row) * across) * (1 - down) +
                         (pixel(column, row + 1) * (1 - across) + pixel(column + 1, row + 1) * across) * down;
    return step(value, 0.4, std::max(0.25, 28 / side));
  }
};

/// The picture while it is drawn: reflectance of the scene, then the light on it.
class Scene {
 public:
  Scene(std::int64_t width, std::int64_t height, double paper)
      : width_(width), height_(height), values_(static_cast<std::size_t>(width * height), paper) {}

  std::int64_t width() const { return width_; }
  std::int64_t height() const { return height_; }
  double side() const { return static_cast<double>(std::min(width_, height_)); }

  /// Changes each pixel with `change(point, value)`.
  template <class Change>
  void each(const Change& change) {
    for (std::int64_t y = 0; y < height_; ++y)
      for (std::int64_t x = 0; x < width_; ++x) {
        double& value = values_[static_cast<std::size_t>(y * width_ + x)];
        value = change(Point{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5}, value);
      }
  }

  void draw(const PenDigit& digit, double ink) {
    each([&](Point point, double value) {
      const double share = digit.ink_at(point);
      return std::min(value, value + (ink - value) * share);
    });
  }

  pictures::Picture photographed(RandomSequence& random, double noise) {
    pictures::Picture picture{.width = width_, .height = height_, .grey = {}};
    for (const double value : values_)
      picture.grey.push_back(static_cast<std::uint8_t>(
          std::clamp(std::round(value + (noise > 0 ? noise * random.normal() : 0)), 0.0, 255.0)));
    return picture;
  }

 private:
  std::int64_t width_;
  std::int64_t height_;
  std::vector<double> values_;
};

struct Draw {
  RandomSequence random;
  double between(double low, double high) {
    return random.uniform(static_cast<float>(low), static_cast<float>(high));
  }
  std::int64_t whole(std::int64_t low, std::int64_t high) {
    return low + random.below(static_cast<std::uint32_t>(high - low + 1));
  }
  bool chance(double share) { return random.uniform() < share; }
  std::int64_t sample(const DatasetView& data) {
    return random.below(static_cast<std::uint32_t>(data.count()));
  }
};

std::span<const std::uint8_t> digit_pixels(const DatasetView& data, std::int64_t sample) {
  return data.pixels.subspan(static_cast<std::size_t>(sample) * 784, 784);
}

Scene blank_page(Draw& draw) { return {draw.whole(360, 900), draw.whole(360, 900), draw.between(205, 250)}; }

/// Places a digit somewhere on the page with a margin around its strokes.
PenDigit placed(Draw& draw, const Scene& scene, std::span<const std::uint8_t> pixels, double least = 0.35,
                double most = 0.85) {
  PenDigit digit{.pixels = pixels};
  digit.side = scene.side() * draw.between(least, most);
  digit.angle = draw.between(-5, 5) * kDegree;
  const double room = 0.42 * digit.side;
  digit.middle = {draw.between(room, static_cast<double>(scene.width()) - room),
                  draw.between(room, static_cast<double>(scene.height()) - room)};
  return digit;
}

double pen(Draw& draw) { return draw.between(15, 95); }

/// Light that falls off over the picture in some direction, and towards its corners.
void light(Draw& draw, Scene& scene) {
  const double angle = draw.between(0, 360) * kDegree;
  const double slope = draw.between(0, 0.35);
  const double corners = draw.between(0, 0.2);
  scene.each([&](Point point, double value) {
    const double x = 2 * point.x / static_cast<double>(scene.width()) - 1;
    const double y = 2 * point.y / static_cast<double>(scene.height()) - 1;
    const double along = (x * std::cos(angle) + y * std::sin(angle)) / 2;
    return value * (1 - slope * (along + 0.5)) * (1 - corners * (x * x + y * y) / 2);
  });
}

/// Returns the distance in pixels from a point inside a rectangle to its nearest side; negative outside.
double depth_within(Point point, Point middle, Point half, double angle) {
  const Point at = turned({point.x - middle.x, point.y - middle.y}, -angle);
  return std::min(half.x - std::abs(at.x), half.y - std::abs(at.y));
}

void frame_the_digit(Draw& draw, Scene& scene, const PenDigit& digit) {
  const double thickness = draw.between(0.006, 0.022) * scene.side();
  const double grey = draw.between(10, 110);
  const double angle = draw.between(-2, 2) * kDegree;
  const Point half{digit.side * draw.between(0.5, 0.62), digit.side * draw.between(0.5, 0.62)};
  scene.each([&](Point point, double value) {
    const double depth = depth_within(point, digit.middle, half, angle);
    return depth > 0 && depth < thickness ? std::min(grey, value) : value;
  });
}

void darken_the_edges(Draw& draw, Scene& scene) {
  const double thickness = draw.between(0.01, 0.07) * scene.side();
  const double grey = draw.between(5, 90);
  const Point middle{static_cast<double>(scene.width()) / 2, static_cast<double>(scene.height()) / 2};
  scene.each([&](Point point, double value) {
    return depth_within(point, middle, middle, 0) < thickness ? grey : value;
  });
}

Scene framed(Draw& draw, std::span<const std::uint8_t> pixels) {
  Scene scene = blank_page(draw);
  PenDigit digit = placed(draw, scene, pixels, 0.35, 0.7);
  const double room = 0.65 * digit.side;
  if (draw.chance(0.5)) {
    digit.middle = {draw.between(room, static_cast<double>(scene.width()) - room),
                    draw.between(room, static_cast<double>(scene.height()) - room)};
    frame_the_digit(draw, scene, digit);
  } else {
    const double inner = 0.52 * digit.side;
    digit.middle = {draw.between(inner, static_cast<double>(scene.width()) - inner),
                    draw.between(inner, static_cast<double>(scene.height()) - inner)};
    darken_the_edges(draw, scene);
  }
  scene.draw(digit, pen(draw));
  return scene;
}

Scene on_dark_table(Draw& draw, std::span<const std::uint8_t> pixels) {
  Scene scene(draw.whole(480, 900), draw.whole(480, 900), 0);
  const double table = draw.between(15, 75);
  const double grain = draw.between(0, 12);
  const double pitch = draw.between(6, 40);
  const double sheet = draw.between(190, 245);
  const double angle = draw.between(-9, 9) * kDegree;
  const auto width = static_cast<double>(scene.width());
  const auto height = static_cast<double>(scene.height());
  const Point half{width * draw.between(0.28, 0.42), height * draw.between(0.28, 0.42)};
  const Point middle{width / 2 + draw.between(-0.06, 0.06) * width,
                     height / 2 + draw.between(-0.06, 0.06) * height};
  scene.each([&](Point point, double) {
    const double wood = table + grain * std::sin(point.y / pitch + std::sin(point.x / (5 * pitch)));
    return wood + (sheet - wood) * step(depth_within(point, middle, half, angle), 0, 2);
  });
  PenDigit digit{.pixels = pixels};
  digit.side = 2 * std::min(half.x, half.y) * draw.between(0.4, 0.85);
  digit.angle = angle + draw.between(-3, 3) * kDegree;
  const Point room{std::max(0.0, half.x - 0.5 * digit.side), std::max(0.0, half.y - 0.5 * digit.side)};
  const Point offset = turned({draw.between(-room.x, room.x), draw.between(-room.y, room.y)}, angle);
  digit.middle = {middle.x + offset.x, middle.y + offset.y};
  scene.draw(digit, pen(draw));
  return scene;
}

Scene punched(Draw& draw, std::span<const std::uint8_t> pixels) {
  Scene scene = blank_page(draw);
  PenDigit digit = placed(draw, scene, pixels, 0.35, 0.7);
  const auto width = static_cast<double>(scene.width());
  const auto height = static_cast<double>(scene.height());
  const double radius = scene.side() * draw.between(0.02, 0.05);
  const double column = radius * draw.between(1.6, 2.6);
  digit.middle.x = std::max(digit.middle.x, column + 1.5 * radius + 0.45 * digit.side);
  digit.middle.x = std::min(digit.middle.x, width - 0.4 * digit.side);
  const std::int64_t count = draw.whole(1, 2) * 2;
  const double grey = draw.between(10, 110);
  const double pitch = height / static_cast<double>(count + 1) * draw.between(0.7, 1.0);
  for (std::int64_t hole = 0; hole < count; ++hole) {
    const Point middle{column,
                       height / 2 + pitch * (static_cast<double>(hole) - static_cast<double>(count - 1) / 2)};
    scene.each([&](Point point, double value) {
      const double away = std::hypot(point.x - middle.x, point.y - middle.y);
      return value + (grey - value) * step(radius - away, 0, 1.5);
    });
  }
  scene.draw(digit, pen(draw));
  return scene;
}

Scene half_in_shadow(Draw& draw, std::span<const std::uint8_t> pixels) {
  Scene scene = blank_page(draw);
  const PenDigit digit = placed(draw, scene, pixels, 0.35, 0.7);
  scene.draw(digit, draw.between(15, 75));
  // Three of four edges cross the digit's strokes.
  const double angle = draw.between(0, 360) * kDegree;
  const double offset = digit.side * (draw.chance(0.75) ? draw.between(-0.3, 0.3) : draw.between(0.5, 0.9));
  const double loss = draw.between(0.3, 0.6);
  const double softness = draw.between(1, 5);
  scene.each([&](Point point, double value) {
    const double along =
        (point.x - digit.middle.x) * std::cos(angle) + (point.y - digit.middle.y) * std::sin(angle);
    return value * (1 - loss * step(along, offset, softness));
  });
  return scene;
}

struct Lines {
  double pitch = 0;
  double first = 0;
  double thickness = 0;
  double grey = 0;
  double angle = 0;
};

void draw_lines(Scene& scene, const Lines& lines, bool upright) {
  scene.each([&](Point point, double value) {
    const Point at = turned(point, -lines.angle);
    const double along = ((upright ? at.x : at.y) - lines.first) / lines.pitch;
    const double away = std::abs(along - std::round(along)) * lines.pitch;
    const double share = step(lines.thickness / 2 - away, 0, 1);
    return value + (std::min(lines.grey, value) - value) * share;
  });
}

Scene squared(Draw& draw, std::span<const std::uint8_t> pixels) {
  Scene scene = blank_page(draw);
  const PenDigit digit = placed(draw, scene, pixels);
  Lines lines{.pitch = scene.side() * draw.between(0.09, 0.2),
              .thickness = std::max(2.0, digit.side * draw.between(0.008, 0.03)),
              .grey = draw.between(60, 150),
              .angle = draw.between(-3, 3) * kDegree};
  lines.first = draw.between(0, lines.pitch);
  draw_lines(scene, lines, false);
  lines.first = draw.between(0, lines.pitch);
  draw_lines(scene, lines, true);
  scene.draw(digit, draw.between(15, 75));
  return scene;
}

Scene ruled(Draw& draw, std::span<const std::uint8_t> pixels) {
  Scene scene = blank_page(draw);
  const PenDigit digit = placed(draw, scene, pixels);
  Lines lines{.pitch = digit.side * draw.between(0.25, 0.8),
              .thickness = std::max(2.0, digit.side * draw.between(0.008, 0.03)),
              .grey = draw.between(40, 160),
              .angle = draw.between(-3, 3) * kDegree};
  // One line passes the middle half of the digit.
  lines.first = turned(digit.middle, -lines.angle).y + digit.side * draw.between(-0.25, 0.25);
  draw_lines(scene, lines, false);
  scene.draw(digit, pen(draw));
  return scene;
}

Scene side_by_side(Draw& draw, std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
  Scene scene(draw.whole(560, 1000), draw.whole(320, 640), draw.between(205, 250));
  const auto width = static_cast<double>(scene.width());
  const auto height = static_cast<double>(scene.height());
  PenDigit first{.pixels = left};
  first.side = std::min(0.42 * width, 0.95 * height) * draw.between(0.7, 1.0);
  PenDigit second{.pixels = right};
  second.side = first.side * draw.between(0.85, 1.15);
  first.angle = draw.between(-4, 4) * kDegree;
  second.angle = draw.between(-4, 4) * kDegree;
  const double apart = (first.side + second.side) / 2 * draw.between(0.85, 1.1);
  const double room = 0.45 * std::max(first.side, second.side);
  first.middle = {draw.between(room, std::max(room + 1, width - room - apart)),
                  draw.between(room, std::max(room + 1, height - room))};
  second.middle = {first.middle.x + apart,
                   std::clamp(first.middle.y + draw.between(-0.08, 0.08) * first.side, room, height - room)};
  const double ink = pen(draw);
  scene.draw(first, ink);
  scene.draw(second, ink);
  return scene;
}

pictures::Picture pasted(Draw& draw, std::span<const std::uint8_t> pixels) {
  const std::int64_t scale = draw.whole(3, 16);
  const std::int64_t left = draw.whole(0, 20) * scale;
  const std::int64_t top = draw.whole(0, 20) * scale;
  pictures::Picture picture{.width = left + (28 + draw.whole(0, 20)) * scale,
                            .height = top + (28 + draw.whole(0, 20)) * scale,
                            .grey = {}};
  for (std::int64_t y = 0; y < picture.height; ++y)
    for (std::int64_t x = 0; x < picture.width; ++x) {
      const bool on_digit = x >= left && y >= top && x < left + 28 * scale && y < top + 28 * scale;
      const std::int64_t at = on_digit ? (y - top) / scale * 28 + (x - left) / scale : 0;
      picture.grey.push_back(on_digit ? static_cast<std::uint8_t>(255 - pixels[static_cast<std::size_t>(at)])
                                      : std::uint8_t{255});
    }
  return picture;
}

Scene drawn(PictureKind kind, Draw& draw, std::span<const std::uint8_t> digit) {
  switch (kind) {
    case PictureKind::frame:
      return framed(draw, digit);
    case PictureKind::dark_table:
      return on_dark_table(draw, digit);
    case PictureKind::holes:
      return punched(draw, digit);
    case PictureKind::shadow:
      return half_in_shadow(draw, digit);
    case PictureKind::grid:
      return squared(draw, digit);
    case PictureKind::ruled:
      return ruled(draw, digit);
    default: {
      Scene scene = blank_page(draw);
      scene.draw(placed(draw, scene, digit), pen(draw));
      return scene;
    }
  }
}

}  // namespace

MadePicture make_picture(PictureKind kind, const DatasetView& data, std::uint64_t seed,
                         std::uint64_t number) {
  Draw draw{RandomSequence(seed, RandomStream::synthetic_digits, number, static_cast<std::uint32_t>(kind))};
  const std::int64_t first = draw.sample(data);
  const auto digit = digit_pixels(data, first);
  if (kind == PictureKind::pasted) return {pasted(draw, digit), {first}};
  const bool two = kind == PictureKind::two_digits;
  const std::int64_t second = two ? draw.sample(data) : first;
  Scene scene = two ? side_by_side(draw, digit, digit_pixels(data, second)) : drawn(kind, draw, digit);
  light(draw, scene);
  MadePicture made{scene.photographed(draw.random, draw.between(0.5, 6)), {first}};
  if (two) made.samples.push_back(second);
  return made;
}

}  // namespace lenet
